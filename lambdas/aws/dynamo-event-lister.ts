import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { eventBytes } from '../../core/events/event-size';
import { historyPartitions, orderBound } from '../../core/events/history-key';
import type { EventHistoryLister, HistoryEntry, HistoryRange } from '../../core/events/ports';
import { toEvent } from './event-rows';
import { hasExpired, type Row } from './row';

/** Of JSON on one page: a reply of a function ends at 6 MB, and a page is held in memory. */
const PAGE_BYTES = 3 * 1024 * 1024;

/** What one shard gave: its rows up to where it stopped. */
interface ShardRows {
  readonly rows: readonly Row[];
  /** The shard may hold more behind its last row. */
  readonly isCut: boolean;
}

/**
 * The history of a topic on the events table: all write shards side by side, merged by order.
 * @param now epoch milliseconds.
 */
export function makeDynamoEventLister(
  client: DynamoDBDocumentClient,
  tableName: string,
  now: () => number = Date.now,
): EventHistoryLister {
  return { list };

  async function list(range: HistoryRange): ReturnType<EventHistoryLister['list']> {
    const bounds = boundsOf(range);
    if (bounds.above >= bounds.below) {
      return { entries: [] };
    }
    const shards = await Promise.all(
      historyPartitions(range.topic).map((partition) => readShard(partition, bounds, range)),
    );
    const isBefore = range.ascending ? isLess : (a: string, b: string) => isLess(b, a);
    return toPage(safeRows(shards, isBefore), range.limit, now());
  }

  async function readShard(
    partition: string,
    { above, below }: Bounds,
    { limit, ascending }: HistoryRange,
  ): Promise<ShardRows> {
    const { Items = [], LastEvaluatedKey } = await client.send(
      new QueryCommand({
        TableName: tableName,
        ConsistentRead: true,
        KeyConditionExpression: '#partition = :partition AND #sort BETWEEN :above AND :below',
        ExpressionAttributeNames: { '#partition': 'partition', '#sort': 'sort' },
        ExpressionAttributeValues: { ':partition': partition, ':above': above, ':below': below },
        // Both bounds are exclusive, and at most one of them is the order of an event.
        Limit: limit + 1,
        ScanIndexForward: ascending,
      }),
    );
    const rows = Items.filter(({ sort }) => sort !== above && sort !== below);
    return { rows, isCut: LastEvaluatedKey !== undefined };
  }
}

interface Bounds {
  readonly above: string;
  readonly below: string;
}

/** Beyond the order of every moment that a clock can tell. */
const LAST_BOUND = ':';

/** Both exclusive: no order equals the bound of a moment, which is shorter. */
function boundsOf({ from, to, after, ascending }: HistoryRange): Bounds {
  const first = from === undefined ? orderBound(0) : orderBound(from);
  const last = to === undefined ? LAST_BOUND : orderBound(to);
  if (after === undefined) {
    return { above: first, below: last };
  }
  return ascending
    ? { above: isLess(first, after) ? after : first, below: last }
    : { above: first, below: isLess(after, last) ? after : last };
}

/**
 * The rows of all shards in one order, as far as every shard was read: behind the place where a shard stopped it
 * may hold rows that come before those of the others.
 */
function safeRows(
  shards: readonly ShardRows[],
  isBefore: (a: string, b: string) => boolean,
): { readonly rows: readonly Row[]; readonly isCut: boolean } {
  const merged = shards.flatMap(({ rows }) => rows).sort((a, b) => (isBefore(sortOf(a), sortOf(b)) ? -1 : 1));
  const ends = shards.flatMap(({ rows, isCut }) => (isCut ? [sortOf(rows.at(-1))] : []));
  const isSafe = (row: Row) => ends.every((end) => !isBefore(end, sortOf(row)));
  return { rows: merged.filter(isSafe), isCut: ends.length > 0 };
}

/** Takes rows until the page is full; those that have expired move its end and nothing else. */
function toPage(
  { rows, isCut }: { readonly rows: readonly Row[]; readonly isCut: boolean },
  limit: number,
  now: number,
): { entries: HistoryEntry[]; next?: string } {
  const entries: HistoryEntry[] = [];
  let bytes = 0;
  let taken = 0;
  for (const row of rows) {
    if (entries.length === limit || bytes >= PAGE_BYTES) {
      break;
    }
    taken += 1;
    if (!hasExpired(row, now)) {
      const event = toEvent(row);
      bytes += eventBytes(event);
      entries.push({ order: sortOf(row), event });
    }
  }
  const hasMore = isCut || taken < rows.length;
  return { entries, ...(hasMore && taken > 0 && { next: sortOf(rows[taken - 1]) }) };
}

function sortOf(row: Row | undefined): string {
  return String(row?.sort);
}

function isLess(a: string, b: string): boolean {
  return a < b;
}
