import type { IncomingMessage } from 'node:http';
import type { PrivateTargets } from '../../core/webhooks/targets/network-guard';
import { makeDeadline } from './deadline';
import { exchange, type HttpOutcome, type OutgoingRequest } from './http-exchange';
import { makeVettedAgents, type VettedAgentSettings } from './vetted-agents';
import { makeVettedUrls } from './vetted-urls';

export interface VettedConnectionSettings extends Omit<VettedAgentSettings, 'keepAlive'> {
  readonly allow: PrivateTargets;
}

/** The way out to addresses that others name. */
export interface VettedConnections {
  /**
   * One request; never throws, follows no redirect, and is over after the time-out whatever the other side does.
   * @param timeoutSeconds for everything: look-up, connection, request, answer.
   * @param read takes what is wanted of an answer, and may leave the rest.
   */
  ask<Answer>(
    request: OutgoingRequest,
    timeoutSeconds: number,
    read: (response: IncomingMessage) => Promise<Answer>,
  ): Promise<HttpOutcome<Answer>>;
  close(): void;
}

/**
 * Pooled connections behind the network guard: it judges the URL before, and every address that its name resolves
 * to when the connection is made.
 */
export function makeVettedConnections(settings: VettedConnectionSettings): VettedConnections {
  const pooled = makeVettedAgents({ ...settings, keepAlive: true });
  const fresh = makeVettedAgents({ ...settings, keepAlive: false });
  const vetted = makeVettedUrls(settings.allow);

  return {
    async ask(request, timeoutSeconds, read) {
      const place = vetted(request.url);
      if (!place) {
        return { failure: 'target_refused' };
      }
      const deadline = makeDeadline(Math.ceil(timeoutSeconds * 1000));
      const outgoing = { ...request, place };
      const first = await exchange(outgoing, read, pooled, deadline);
      // A function that was frozen wakes up with connections that the other side closed long ago.
      const wasStale =
        first.reused && 'failure' in first.outcome && isBrokenConnection(first.outcome.failure);
      const { outcome } =
        wasStale && !deadline.isOver ? await exchange(outgoing, read, fresh, deadline) : first;
      deadline.clear();
      return outcome;
    },
    close() {
      for (const agent of [pooled.http, pooled.https, fresh.http, fresh.https]) {
        agent.destroy();
      }
    },
  };
}

function isBrokenConnection(failure: string): boolean {
  return failure === 'connection_reset' || failure === 'closed_early';
}
