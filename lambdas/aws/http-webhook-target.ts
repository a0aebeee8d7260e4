import type { IncomingMessage } from 'node:http';
import type { WebhookTarget } from '../../core/webhooks/ports';
import { readAnswer } from './read-answer';
import {
  makeVettedConnections,
  type VettedConnectionSettings,
  type VettedConnections,
} from './vetted-connections';

/**
 * Posts webhooks over pooled connections behind the network guard; redirects are answers like any other.
 */
export function makeHttpWebhookTarget(
  settings: VettedConnectionSettings,
  connections: VettedConnections = makeVettedConnections(settings),
): WebhookTarget & { close(): Promise<void> } {
  return {
    async post({ url, headers, body, timeoutSeconds, answerBytes }) {
      const startedAt = performance.now();
      const outcome = await connections.ask({ url, headers, body }, timeoutSeconds, (response) =>
        toAnswer(response, answerBytes),
      );
      const milliseconds = Math.round(performance.now() - startedAt);
      const { address } = outcome;
      const result = 'failure' in outcome ? { failure: outcome.failure } : outcome.answer;
      return { milliseconds, ...(address && { address }), ...result };
    },
    async close() {
      connections.close();
    },
  };
}

async function toAnswer(response: IncomingMessage, answerBytes: number | undefined) {
  const retryAfter = response.headers['retry-after'];
  const answer = await readAnswer(response, answerBytes);
  return { status: response.statusCode ?? 0, ...(retryAfter && { retryAfter }), answer };
}
