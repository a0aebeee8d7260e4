import { requeueDue } from '../../requeue-due';
import { type DeliveryQueue, type DeliveryStore, DUE_SHARDS } from '../ports';
import { type Delivery, deliveryId } from './delivery';
import { nextMessage, requeued, secondsUntil } from './delivery-steps';

export interface RequeuePorts {
  readonly deliveries: Pick<DeliveryStore, 'due' | 'write'>;
  readonly queue: DeliveryQueue;
  readonly now: () => Date;
}

/**
 * Queues the parked deliveries that are due soon, overdue ones included. One that is queued twice finds its attempt
 * claimed.
 * @param deadline no page is begun after it; the next tick goes on.
 * @returns how many were queued, and whether anything was left for the next tick.
 */
export function requeueDeliveries(
  ports: RequeuePorts,
  deadline: Date,
): Promise<{ readonly queued: number; readonly complete: boolean }> {
  const rows = {
    shards: DUE_SHARDS,
    due: ports.deliveries.due,
    nameOf: deliveryId,
    requeue: (due: readonly Delivery[], at: Date) => requeuePage(due, at, ports),
  };
  return requeueDue(rows, ports.now, deadline);
}

async function requeuePage(rows: readonly Delivery[], at: Date, { queue, deliveries }: RequeuePorts) {
  await queue.send(
    rows.map((row) => ({ message: nextMessage(row), delaySeconds: secondsUntil(row.nextAttemptAt, at) })),
  );
  // A conflict means that a worker has claimed the attempt meanwhile: nothing is due any more.
  await Promise.all(rows.map((row) => deliveries.write(requeued(row, at))));
}
