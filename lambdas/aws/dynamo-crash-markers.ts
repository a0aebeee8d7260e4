import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { CrashMarkerStore } from '../../core/crash-guard';
import { makeCrashMarks } from './crash-marks';
import { eventExpiry } from './event-rows';

/**
 * Tries of records that may take dispatch down, on the events table.
 * @param now epoch milliseconds.
 */
export function makeDynamoCrashMarkers(
  client: DynamoDBDocumentClient,
  tableName: string,
  now: () => number = Date.now,
): CrashMarkerStore {
  return makeCrashMarks({
    client,
    tableName,
    keyOf: ({ sequenceNumber, shardId }) => ({ partition: `tries#${shardId}`, sort: sequenceNumber }),
    expiry: () => eventExpiry(now()),
  });
}
