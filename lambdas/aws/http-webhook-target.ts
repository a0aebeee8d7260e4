import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { Agent, type Dispatcher, request } from 'undici';
import { version } from '../../core/version';
import { type PrivateTargets, vetUrl } from '../../core/webhooks/network-guard';
import type { TargetResult, WebhookRequest, WebhookTarget } from '../../core/webhooks/ports';
import { readAnswer } from './read-answer';
import { targetFailure } from './target-failure';
import { makeVettingLookup, type ResolveAll } from './vetting-lookup';

/** A subscriber has no need to answer with more, and a hostile one must not fill the memory. */
const MAX_HEADER_BYTES = 16 * 1024;

/** How one request went on its socket. */
interface Passage {
  address?: string;
  /** True when an earlier request had used the connection. */
  reused: boolean;
}

/**
 * Posts webhooks over pooled connections. The guard judges the URL before, and every address that its name
 * resolves to when the connection is made; redirects are answers like any other.
 * @param options.resolve how names are resolved, for tests.
 */
export function makeHttpWebhookTarget(options: {
  readonly allow: PrivateTargets;
  readonly resolve?: ResolveAll;
  /** PEM of a further certificate authority, for tests. */
  readonly authority?: string;
}): WebhookTarget & { close(): Promise<void> } {
  const { allow, resolve, authority } = options;
  const connect = { lookup: makeVettingLookup(allow, resolve), ...(authority && { ca: authority }) };
  const settings = { connect, maxHeaderSize: MAX_HEADER_BYTES, allowH2: false };
  const pooled = new Agent(settings);
  const fresh = new Agent({ ...settings, pipelining: 0 });
  const passages = watchPassages();

  return {
    async post(webhook) {
      const startedAt = performance.now();
      const passage: Passage = { reused: false };
      const outcome = vetUrl(webhook.url, allow).ok
        ? await attempt(webhook, passage)
        : ({ failure: 'target_refused' } as const);
      const milliseconds = Math.round(performance.now() - startedAt);
      return { milliseconds, ...(passage.address && { address: passage.address }), ...outcome };
    },
    async close() {
      await Promise.all([pooled.destroy(), fresh.destroy()]);
    },
  };

  async function attempt(webhook: WebhookRequest, passage: Passage): Promise<Outcome> {
    const deadline = AbortSignal.timeout(Math.ceil(webhook.timeoutSeconds * 1000));
    const first = await exchange(pooled, webhook, passage, deadline);
    // A function that was frozen wakes up with connections that the other side closed long ago.
    const wasStale = passage.reused && 'failure' in first && isBrokenConnection(first.failure);
    return wasStale && !deadline.aborted ? exchange(fresh, webhook, passage, deadline) : first;
  }

  async function exchange(
    dispatcher: Dispatcher,
    webhook: WebhookRequest,
    passage: Passage,
    deadline: AbortSignal,
  ): Promise<Outcome> {
    // A view of its own: the passage is found by the identity of the body.
    const body = Buffer.from(webhook.body.buffer, webhook.body.byteOffset, webhook.body.byteLength);
    passages.set(body, passage);
    try {
      // While undici connects it does not listen to the signal; a connection that comes too late sends nothing.
      return await Promise.race([send(dispatcher, webhook, body, deadline), rejectAt(deadline)]);
    } catch (error) {
      return { failure: targetFailure(error) };
    }
  }
}

type Outcome =
  | Pick<Extract<TargetResult, { status: number }>, 'status' | 'retryAfter' | 'answer'>
  | Pick<Extract<TargetResult, { failure: string }>, 'failure'>;

async function send(
  dispatcher: Dispatcher,
  webhook: WebhookRequest,
  body: Buffer,
  signal: AbortSignal,
): Promise<Outcome> {
  const limit = Math.ceil(webhook.timeoutSeconds * 1000);
  const response = await request(webhook.url, {
    dispatcher,
    method: 'POST',
    headers: { ...webhook.headers, 'user-agent': `Changewire/${version}` },
    body,
    signal,
    headersTimeout: limit,
    bodyTimeout: limit,
  });
  const retryAfter = [response.headers['retry-after']].flat()[0];
  const answer = await readAnswer(response.body, webhook.answerBytes);
  return { status: response.statusCode, ...(retryAfter && { retryAfter }), answer };
}

function isBrokenConnection(failure: string): boolean {
  return failure === 'connection_reset' || failure === 'closed_early';
}

function rejectAt(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
    }
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** Sockets that have carried a request already. */
const used = new WeakSet<Socket>();
const passagesByBody = new WeakMap<object, Passage>();
let isWatching = false;

/** undici tells only here which socket a request went over. */
function watchPassages(): WeakMap<object, Passage> {
  if (!isWatching) {
    isWatching = true;
    subscribe('undici:client:sendHeaders', (message) => {
      const { request: sent, socket } = message as { request: { body: unknown }; socket: Socket };
      const passage =
        typeof sent.body === 'object' && sent.body !== null ? passagesByBody.get(sent.body) : undefined;
      if (passage) {
        passage.reused = used.has(socket);
        if (socket.remoteAddress) {
          passage.address = socket.remoteAddress;
        }
        used.add(socket);
      }
    });
  }
  return passagesByBody;
}
