import { type PrivateTargets, vetUrl } from '../../core/webhooks/network-guard';
import type { WebhookRequest, WebhookTarget } from '../../core/webhooks/ports';
import { exchange, type HttpOutcome } from './http-exchange';
import { makeVettedAgents, type VettedAgentSettings } from './vetted-agents';

export interface HttpTargetSettings extends Omit<VettedAgentSettings, 'keepAlive'> {
  readonly allow: PrivateTargets;
}

/**
 * Posts webhooks over pooled connections. The guard judges the URL before, and every address that its name
 * resolves to when the connection is made; redirects are answers like any other.
 */
export function makeHttpWebhookTarget(
  settings: HttpTargetSettings,
): WebhookTarget & { close(): Promise<void> } {
  const pooled = makeVettedAgents({ ...settings, keepAlive: true });
  const fresh = makeVettedAgents({ ...settings, keepAlive: false });

  return {
    async post(webhook) {
      const startedAt = performance.now();
      const outcome = vetUrl(webhook.url, settings.allow).ok
        ? await attempt(webhook)
        : ({ failure: 'target_refused' } as const);
      return { milliseconds: Math.round(performance.now() - startedAt), ...outcome };
    },
    async close() {
      for (const agent of [pooled.http, pooled.https, fresh.http, fresh.https]) {
        agent.destroy();
      }
    },
  };

  async function attempt(webhook: WebhookRequest): Promise<HttpOutcome> {
    const deadline = AbortSignal.timeout(Math.ceil(webhook.timeoutSeconds * 1000));
    const first = await exchange(webhook, pooled, deadline);
    // A function that was frozen wakes up with connections that the other side closed long ago.
    const wasStale = first.reused && 'failure' in first.outcome && isBrokenConnection(first.outcome.failure);
    const { outcome } = wasStale && !deadline.aborted ? await exchange(webhook, fresh, deadline) : first;
    return outcome;
  }
}

function isBrokenConnection(failure: string): boolean {
  return failure === 'connection_reset' || failure === 'closed_early';
}
