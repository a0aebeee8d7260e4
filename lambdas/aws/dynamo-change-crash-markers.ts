import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { CrashMarkerStore } from '../../core/crash-guard';
import type { StreamPosition } from '../../core/stream-record';

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
  return { mark, clear };

  async function mark(position: StreamPosition): Promise<number> {
    const { Attributes } = await client.send(
      new UpdateCommand({
        TableName: tableName,
        Key: key(position),
        UpdateExpression: 'ADD attempts :one SET expires_at = :expires_at',
        ExpressionAttributeValues: {
          ':one': 1,
          ':expires_at': Math.floor(now() / 1000) + KEEP_DAYS * 86_400,
        },
        ReturnValues: 'UPDATED_NEW',
      }),
    );
    return Number(Attributes?.attempts);
  }

  async function clear(position: StreamPosition): Promise<void> {
    // To zero rather than deleted: the integrator needs, and has, no right to delete from the table of statuses.
    await client.send(
      new UpdateCommand({
        TableName: tableName,
        Key: key(position),
        UpdateExpression: 'SET attempts = :none',
        ExpressionAttributeValues: { ':none': 0 },
      }),
    );
  }
}

function key({ sequenceNumber, shardId }: StreamPosition) {
  return { sequence_number: sequenceNumber, shard_id: `${ATTEMPTS_PREFIX}${shardId}` };
}
