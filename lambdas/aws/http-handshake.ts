import type { IncomingMessage } from 'node:http';
import type { HandshakeTarget } from '../../core/webhooks/confirmation/confirmation-ports';
import type { HandshakeAnswer } from '../../core/webhooks/confirmation/judge-grant';
import { readAnswer } from './read-answer';
import type { VettedConnections } from './vetted-connections';

/** Asks targets over vetted connections. What they say beside the three headers is read to its end, or cut off. */
export function makeHttpHandshake(connections: VettedConnections): HandshakeTarget {
  return {
    async ask({ url, headers, timeoutSeconds }) {
      const outcome = await connections.ask({ method: 'OPTIONS', url, headers }, timeoutSeconds, toAnswer);
      return 'failure' in outcome ? { failure: outcome.failure } : outcome.answer;
    },
  };
}

async function toAnswer(response: IncomingMessage): Promise<HandshakeAnswer> {
  await readAnswer(response, 0);
  const named = {
    allowedOrigin: linesOf(response, 'webhook-allowed-origin'),
    allowedRate: linesOf(response, 'webhook-allowed-rate'),
    requestOrigin: linesOf(response, 'webhook-request-origin'),
  };
  const given = Object.entries(named).filter(([, value]) => value !== undefined);
  return { status: response.statusCode ?? 0, ...Object.fromEntries(given) };
}

/** One header line per allowed host, as the Express library of Web PubSub writes them, or one for all. */
function linesOf({ headersDistinct }: IncomingMessage, name: string): string | undefined {
  return headersDistinct[name]?.join(', ');
}
