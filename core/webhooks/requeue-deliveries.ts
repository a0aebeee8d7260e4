import { type Delivery, deliveryId } from './delivery';
import { nextMessage, requeued, secondsUntil } from './delivery-steps';
import { type DeliveryQueue, type DeliveryStore, DUE_SHARDS } from './ports';

/** The tick comes every minute and may be late or fail once: what is due within this time is queued. */
const AHEAD_SECONDS = 180;

/** One page; a shard with more due than this is read again until the time is up. */
const PAGE = 100;

export interface RequeuePorts {
  readonly deliveries: Pick<DeliveryStore, 'due' | 'write'>;
  readonly queue: DeliveryQueue;
  readonly now: () => Date;
}

/**
 * Queues the parked deliveries that are due soon, overdue ones included. The message goes out first, then the
 * row's due time moves ahead: a crash in between queues it twice (the second message finds its attempt
 * claimed), a lost message comes up again.
 * @param deadline no page is begun after it; the next tick goes on.
 * @returns how many were queued, and whether anything was left for the next tick.
 */
export async function requeueDeliveries(
  ports: RequeuePorts,
  deadline: Date,
): Promise<{ readonly queued: number; readonly complete: boolean }> {
  const shards = Array.from({ length: DUE_SHARDS }, (_, shard) => requeueShard(shard, ports, deadline));
  const results = await Promise.allSettled(shards);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) {
    throw failed.reason;
  }
  const fulfilled = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  return {
    queued: fulfilled.reduce((sum, { queued }) => sum + queued, 0),
    complete: fulfilled.every(({ complete }) => complete),
  };
}

async function requeueShard(shard: number, ports: RequeuePorts, deadline: Date) {
  let queued = 0;
  const seen = new Set<string>();
  while (ports.now() < deadline) {
    const by = new Date(ports.now().getTime() + AHEAD_SECONDS * 1000).toISOString();
    const due = await ports.deliveries.due(shard, by, PAGE);
    // The index lags behind the rows: what was queued a moment ago may still be listed.
    const fresh = due.filter((row) => !seen.has(deliveryId(row)));
    for (const row of fresh) {
      seen.add(deliveryId(row));
    }
    await requeuePage(fresh, ports);
    queued += fresh.length;
    if (fresh.length === 0 || due.length < PAGE) {
      return { queued, complete: due.length < PAGE };
    }
  }
  return { queued, complete: false };
}

async function requeuePage(rows: readonly Delivery[], { queue, deliveries, now }: RequeuePorts) {
  if (rows.length === 0) {
    return;
  }
  const at = now();
  await queue.send(
    rows.map((row) => ({ message: nextMessage(row), delaySeconds: secondsUntil(row.nextAttemptAt, at) })),
  );
  // A conflict means that a worker has claimed the attempt meanwhile: nothing is due any more.
  await Promise.all(rows.map((row) => deliveries.write(requeued(row, at))));
}
