import type { StreamRecord } from '../stream-record';
import type { Event } from './event';
import type { DuplicateClaims } from './ports';

const DAY_MILLISECONDS = 24 * 3600 * 1000;

/**
 * Whether another event has claimed the key of this one before. Decided by the first write, and by the time at
 * which the stream took the record, not by the clock: reading the stream again comes to the same end.
 */
export async function isDuplicate(
  event: Event,
  record: StreamRecord,
  duplicates: DuplicateClaims,
): Promise<boolean> {
  if (event.dedupe === undefined) {
    return false;
  }
  const { key, days } = event.dedupe;
  const { sequenceNumber, shardId, arrivedAt } = record;
  const until = new Date(Date.parse(arrivedAt) + days * DAY_MILLISECONDS).toISOString();
  const standing = await duplicates.claim({
    key: { door: event.topic.door, key },
    eventId: event.id,
    winner: { sequenceNumber, shardId },
    arrivedAt,
    until,
  });
  const isOwn =
    standing.eventId === event.id &&
    standing.winner.sequenceNumber === sequenceNumber &&
    standing.winner.shardId === shardId;
  return !isOwn;
}
