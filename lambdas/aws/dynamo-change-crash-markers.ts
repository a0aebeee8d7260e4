import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { CrashMarkerStore } from '../../core/crash-guard';
import { makeCrashMarks } from './crash-marks';

/** Keeps the marks apart from the statuses, whose table they share. */
export const ATTEMPTS_PREFIX = 'attempts#';

/** A record is retried for as long as the stream keeps it, 7 days at most. */
const KEEP_DAYS = 8;

/** Marks of tries on the change-statuses table: sort key `attempts#<shard id>`. @param now epoch milliseconds. */
export function makeDynamoChangeCrashMarkers(
  client: DynamoDBDocumentClient,
  tableName: string,
  now: () => number = Date.now,
): CrashMarkerStore {
  return makeCrashMarks({
    client,
    tableName,
    keyOf: ({ sequenceNumber, shardId }) => ({
      sequence_number: sequenceNumber,
      shard_id: `${ATTEMPTS_PREFIX}${shardId}`,
    }),
    expiry: () => Math.floor(now() / 1000) + KEEP_DAYS * 86_400,
  });
}
