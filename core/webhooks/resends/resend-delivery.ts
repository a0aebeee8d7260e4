import type { Delivery } from '../deliveries/delivery';
import { nextMessage, resent } from '../deliveries/delivery-steps';
import type { DeliveryQueue, DeliveryStore } from '../ports';

export interface ResendPorts {
  readonly deliveries: Pick<DeliveryStore, 'write'>;
  readonly queue: DeliveryQueue;
  readonly now: () => Date;
}

/** A delivery that ended so was never tried to the end: its subscription was off for a while. */
const skippedForAWhile: ReadonlySet<string | undefined> = new Set([
  'subscription_paused',
  'subscription_disabled',
]);

/** Whether a delivery may be started again: it died, or was skipped while its subscription was off. */
export function canBeResent({ state, reason }: Pick<Delivery, 'state' | 'reason'>): boolean {
  return state === 'dead' || (state === 'skipped' && skippedForAWhile.has(reason));
}

/**
 * Starts ended deliveries again: attempts count on, the schedule begins anew. The rows are written first, each
 * with a due time 20 minutes ahead as a safety net, then the messages are sent.
 * @returns how many were started: one that may not be, or that another caller started, is left alone.
 */
export async function resendDeliveries(rows: readonly Delivery[], ports: ResendPorts): Promise<number> {
  const { deliveries, queue, now } = ports;
  const written = await Promise.all(
    rows.map(async (row) => {
      const next = resent(row, now());
      return canBeResent(row) && (await deliveries.write(next)) === 'written' ? [next] : [];
    }),
  );
  const started = written.flat();
  if (started.length > 0) {
    await queue.send(started.map((row) => ({ message: nextMessage(row), delaySeconds: 0 })));
  }
  return started.length;
}
