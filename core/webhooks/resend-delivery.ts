import type { Delivery } from './delivery';
import { nextMessage, resent } from './delivery-steps';
import type { DeliveryQueue, DeliveryStore } from './ports';

export interface ResendPorts {
  readonly deliveries: Pick<DeliveryStore, 'write'>;
  readonly queue: DeliveryQueue;
  readonly now: () => Date;
}

/**
 * Starts dead deliveries again: attempts count on, the schedule begins anew. The rows are written first, each
 * with a due time 20 minutes ahead as a safety net, then the messages are sent.
 * @returns how many were started: one that is no longer dead, or that another caller started, is left alone.
 */
export async function resendDeliveries(rows: readonly Delivery[], ports: ResendPorts): Promise<number> {
  const { deliveries, queue, now } = ports;
  const written = await Promise.all(
    rows.map(async (row) => {
      const next = resent(row, now());
      return row.state === 'dead' && (await deliveries.write(next)) === 'written' ? [next] : [];
    }),
  );
  const started = written.flat();
  if (started.length > 0) {
    await queue.send(started.map((row) => ({ message: nextMessage(row), delaySeconds: 0 })));
  }
  return started.length;
}
