import type { IncomingMessage } from 'node:http';
import { readConsumerTarget } from '../../core/messages/consumers/consumer-target';
import type { OriginClient, OriginFailure } from '../../core/messages/recovery/recover-ports';
import { makeVettedConnections, type VettedConnectionSettings } from './vetted-connections';

/** Contract Postoffice, section 4: what the original waits for an answer. */
const TIMEOUT_SECONDS = 5;

/** The longest body that the original takes, and so the largest message that can have been refused there. */
const MAX_LIST_BYTES = 8_000_000;

/** Beyond this, closing a connection is cheaper than reading on. */
const MAX_REST_BYTES = 64 * 1024;

const HEADERS = { accept: 'application/json' };

/** An answer with more than {@link MAX_LIST_BYTES}, which is not read to its end. */
class TooLarge extends Error {}

/** Origins over connections behind the network guard; no redirects. */
export function makeHttpOriginClient(settings: VettedConnectionSettings): OriginClient & { close(): void } {
  const connections = makeVettedConnections(settings);
  return {
    async list(url) {
      return ask('GET', url, readList);
    },
    async remove(url) {
      return ask('DELETE', url, readStatus);
    },
    close: connections.close,
  };

  /** As with consumers, user and password in the URL become Basic credentials. */
  async function ask<Answer>(
    method: 'GET' | 'DELETE',
    text: string,
    read: (response: IncomingMessage) => Promise<Answer>,
  ): Promise<Answer | { readonly failure: OriginFailure }> {
    const target = readConsumerTarget(text);
    if (!target) {
      return { failure: 'target_refused' };
    }
    const request = { method, url: target.url, headers: { ...HEADERS, ...target.authorization } };
    const outcome = await connections.ask(request, TIMEOUT_SECONDS, read);
    return 'failure' in outcome ? { failure: outcome.failure } : outcome.answer;
  }
}

async function readList(response: IncomingMessage): ReturnType<OriginClient['list']> {
  const status = response.statusCode ?? 0;
  try {
    return { status, text: decode(await readBody(response)) };
  } catch (error) {
    if (error instanceof TooLarge) {
      return { failure: 'answer_too_large' };
    }
    throw error;
  }
}

/** What is no UTF-8 is no JSON, and so no list. */
function decode(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return '';
  }
}

async function readBody(response: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response) {
    length += chunk.length;
    if (length > MAX_LIST_BYTES) {
      // Leaving the loop closes the connection.
      throw new TooLarge();
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What is answered beside the status is read, so that the connection can be used again, as long as there is little. */
async function readStatus(response: IncomingMessage): Promise<{ readonly status: number }> {
  let length = 0;
  for await (const chunk of response) {
    length += chunk.length;
    if (length > MAX_REST_BYTES) {
      break;
    }
  }
  return { status: response.statusCode ?? 0 };
}
