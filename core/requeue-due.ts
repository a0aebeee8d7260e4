/** SQS delays no message for longer. */
export const LONGEST_DELAY_SECONDS = 900;

/** The tick comes every minute and may be late or fail once: what is due within this time is queued. */
export const AHEAD_SECONDS = 180;

/** A message that was queued for something due and got lost is missed after this long. */
export const SAFETY_MILLISECONDS = 20 * 60_000;

/** One page; a shard with more due than this is read again until the time is up. */
const PAGE = 100;

/** What waits in a store until it is due, spread over shards. */
export interface DueRows<Row> {
  readonly shards: number;
  /** Of one shard, by then (ISO 8601), the longest overdue first. */
  due(shard: number, by: string, limit: number): Promise<readonly Row[]>;
  nameOf(row: Row): string;
  /** Queues the rows, then moves their due times ahead. */
  requeue(rows: readonly Row[], at: Date): Promise<void>;
}

/**
 * Queues what is due soon, overdue ones included. The message goes out first, then the row's due time moves ahead:
 * a crash in between queues it twice, which whoever gets it must bear; a lost message comes up again.
 * @param deadline no page is begun after it; the next tick goes on.
 * @returns how many were queued, and whether anything was left for the next tick.
 * @throws the first failure, when every shard has been tried.
 */
export async function requeueDue<Row>(
  rows: DueRows<Row>,
  now: () => Date,
  deadline: Date,
): Promise<{ readonly queued: number; readonly complete: boolean }> {
  const shards = Array.from({ length: rows.shards }, (_, shard) => requeueShard(shard, rows, now, deadline));
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

async function requeueShard<Row>(shard: number, rows: DueRows<Row>, now: () => Date, deadline: Date) {
  let queued = 0;
  const seen = new Set<string>();
  while (now() < deadline) {
    const by = new Date(now().getTime() + AHEAD_SECONDS * 1000).toISOString();
    const due = await rows.due(shard, by, PAGE);
    // The index lags behind the rows: what was queued a moment ago may still be listed.
    const fresh = due.filter((row) => !seen.has(rows.nameOf(row)));
    for (const row of fresh) {
      seen.add(rows.nameOf(row));
    }
    if (fresh.length > 0) {
      await rows.requeue(fresh, now());
    }
    queued += fresh.length;
    if (fresh.length === 0 || due.length < PAGE) {
      return { queued, complete: due.length < PAGE };
    }
  }
  return { queued, complete: false };
}
