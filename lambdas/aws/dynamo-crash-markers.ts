import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { CrashMarkerStore } from '../../core/crash-guard';
import type { StreamPosition } from '../../core/stream-record';
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
  return {
    async mark(position: StreamPosition): Promise<number> {
      const { Attributes } = await client.send(
        new UpdateCommand({
          TableName: tableName,
          Key: rowKey(position),
          UpdateExpression: 'ADD #tries :one SET #expires_at = :expires_at',
          ExpressionAttributeNames: { '#tries': 'tries', '#expires_at': 'expires_at' },
          ExpressionAttributeValues: { ':one': 1, ':expires_at': eventExpiry(now()) },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return Number(Attributes?.tries);
    },

    async clear(position: StreamPosition): Promise<void> {
      await client.send(
        new UpdateCommand({
          TableName: tableName,
          Key: rowKey(position),
          // The row expires by itself, so dispatch needs no right to delete.
          UpdateExpression: 'SET #tries = :none',
          ExpressionAttributeNames: { '#tries': 'tries' },
          ExpressionAttributeValues: { ':none': 0 },
        }),
      );
    },
  };
}

function rowKey({ shardId, sequenceNumber }: StreamPosition): { partition: string; sort: string } {
  return { partition: `tries#${shardId}`, sort: sequenceNumber };
}
