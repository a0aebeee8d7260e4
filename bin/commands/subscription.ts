import { coloursFor, facts, present } from './display';
import type { Host } from './host';

/** A subscription as the manage door shows it; the secret only in the answer that made it. */
export interface ShownSubscription {
  readonly id: string;
  readonly topic: string;
  readonly target: string;
  readonly format?: string;
  readonly content_mode?: string;
  readonly state: string;
  readonly state_reason?: string;
  readonly description?: string;
  readonly secret?: string;
  readonly signature?: string;
  readonly public_key?: string;
  readonly filter?: object;
  readonly policy?: object;
  readonly created_at?: string;
}

export function subscriptionPath(id: string): string {
  return `/v1/subscriptions/${encodeURIComponent(id)}`;
}

export function showSubscription(host: Host, subscription: ShownSubscription): void {
  const { filter, policy, secret } = subscription;
  present(host, subscription, () =>
    facts(host, [
      ['subscription', subscription.id],
      ['topic', subscription.topic],
      ['target', subscription.target],
      ['state', subscriptionState(host, subscription)],
      ['description', subscription.description],
      ['format', subscription.format],
      ['content mode', subscription.content_mode],
      ['signature', subscription.signature],
      ['public key', subscription.public_key],
      ['filter', filter && JSON.stringify(filter)],
      ['policy', policy && JSON.stringify(policy)],
      ['created', subscription.created_at],
      ['secret', secret && `${secret}  (shown this once)`],
    ]),
  );
}

export function subscriptionState(host: Host, { state, state_reason: reason }: ShownSubscription): string {
  return state === 'active' ? coloursFor(host).green(state) : `${state}${reason ? ` (${reason})` : ''}`;
}
