import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { CrashMarkerStore } from '../../core/crash-guard';
import { positionKey, type StreamPosition } from '../../core/stream-record';
import { expiryAfter } from './row';

/** Keeps the marks apart from the other rows of the table that they are on. */
export const MARKS_PREFIX = 'tries#';

/** A record is retried for as long as the stream keeps it, 7 days at most. */
const KEPT_DAYS = 8;

/** A mark that stays although the try was survived counts as a crash: worth a second of patience. */
const CLEAR_TRIES = 4;

const names = { '#tries': 'try_ids' };

/** Where a stream's marks lie: beside what its records become. */
export interface MarksTable {
  readonly name: string;
  readonly keyOf: (position: StreamPosition) => Readonly<Record<string, string>>;
}

/** Marks of the changes stream, on the change-statuses table. */
export function changeMarkKey({ sequenceNumber, shardId }: StreamPosition) {
  return { sequence_number: sequenceNumber, shard_id: `${MARKS_PREFIX}${shardId}` };
}

/** Marks of the events stream, on the events table. */
export function eventMarkKey({ sequenceNumber, shardId }: StreamPosition) {
  return { partition: `${MARKS_PREFIX}${shardId}`, sort: sequenceNumber };
}

/**
 * Marks as a set of ids, one for each try: a mark whose answer was lost, and which the client sends again, still
 * counts once. Marks that could not be cleared are replaced by the next mark of the same process, which is alive
 * and has therefore survived them: a store that throttles is never taken for a record that kills.
 * @param now epoch milliseconds.
 * @param pause waits that many milliseconds.
 */
export function makeDynamoCrashMarkers(
  client: DynamoDBDocumentClient,
  { name, keyOf }: MarksTable,
  now: () => number = Date.now,
  pause: (milliseconds: number) => Promise<unknown> = wait,
): CrashMarkerStore {
  const uncleared = new Set<string>();
  return { mark, clear };

  async function mark(position: StreamPosition): Promise<number> {
    const isStale = uncleared.has(positionKey(position));
    const { Attributes } = await client.send(
      new UpdateCommand({
        TableName: name,
        Key: keyOf(position),
        UpdateExpression: isStale
          ? 'SET #tries = :one, #expires_at = :expires_at'
          : 'ADD #tries :one SET #expires_at = :expires_at',
        ExpressionAttributeNames: { ...names, '#expires_at': 'expires_at' },
        ExpressionAttributeValues: {
          ':one': new Set([randomUUID()]),
          ':expires_at': expiryAfter(KEPT_DAYS, now()),
        },
        ReturnValues: 'ALL_NEW',
      }),
    );
    uncleared.delete(positionKey(position));
    const marks: ReadonlySet<string> = Attributes?.try_ids ?? new Set();
    return marks.size;
  }

  async function clear(position: StreamPosition): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await remove(position);
      } catch (error) {
        if (tries === CLEAR_TRIES) {
          uncleared.add(positionKey(position));
          throw error;
        }
        await pause(100 * 2 ** tries);
      }
    }
  }

  async function remove(position: StreamPosition): Promise<void> {
    await client.send(
      new UpdateCommand({
        TableName: name,
        Key: keyOf(position),
        // The row expires by itself, so nobody needs a right to delete.
        UpdateExpression: 'REMOVE #tries',
        ExpressionAttributeNames: names,
      }),
    );
  }
}
