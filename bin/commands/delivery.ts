import { coloursFor, facts, present, table } from './display';
import type { Host } from './host';

export interface ShownAttempt {
  readonly number: number;
  readonly status?: number;
  readonly failure?: string;
  readonly milliseconds: number;
  readonly at: string;
  readonly address?: string;
  readonly answer?: string;
}

/** A delivery as the manage door shows it. */
export interface ShownDelivery {
  readonly id: string;
  readonly event_id: string;
  readonly subscription_id: string;
  readonly topic: string;
  readonly state: string;
  readonly reason?: string;
  readonly attempts: readonly ShownAttempt[];
  readonly due_at?: string;
  readonly created_at: string;
}

/** Of an answer's beginning; the rest is in the JSON. */
const ANSWER_SHOWN = 60;

/** One delivery with every attempt and the reason of its end. */
export function showDelivery(host: Host, delivery: ShownDelivery): void {
  present(host, delivery, () => {
    const about = facts(host, [
      ['delivery', delivery.id],
      ['event', delivery.event_id],
      ['subscription', delivery.subscription_id],
      ['topic', delivery.topic],
      ['state', stateOf(delivery, host)],
      ['created', delivery.created_at],
    ]);
    const attempts = table(
      host,
      ['attempt', 'at', 'answer', 'ms', 'address', 'body'],
      delivery.attempts.map(({ number, at, status, failure, milliseconds, address, answer }) => [
        ...[number, at, status ?? failure, milliseconds, address],
        answer?.replace(/\s+/g, ' ').slice(0, ANSWER_SHOWN),
      ]),
    );
    return `${about}\n\n${attempts}`;
  });
}

export function stateOf({ state, reason }: Pick<ShownDelivery, 'state' | 'reason'>, host: Host): string {
  const colours = coloursFor(host);
  const painted =
    state === 'delivered' ? colours.green(state) : state === 'dead' ? colours.red(state) : state;
  return `${painted}${reason ? ` (${reason})` : ''}`;
}
