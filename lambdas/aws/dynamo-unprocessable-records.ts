import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { UnprocessableRecords } from '../../core/events/ports';
import type { StreamPosition, StreamRecord } from '../../core/stream-record';
import { ifConditionHolds } from './conditional-write';
import { eventExpiry, MAX_ATTRIBUTE_BYTES } from './event-rows';

export const UNPROCESSABLE_PREFIX = 'unprocessable#';

/** Where a record lies that could not be dispatched. */
export function unprocessableKey({ shardId, sequenceNumber }: StreamPosition) {
  return { partition: `${UNPROCESSABLE_PREFIX}${shardId}`, sort: sequenceNumber };
}

/**
 * Records that could not be dispatched, on the events table, with their bytes while those fit.
 * @param now epoch milliseconds.
 */
export function makeDynamoUnprocessableRecords(
  client: DynamoDBDocumentClient,
  tableName: string,
  now: () => number = Date.now,
): UnprocessableRecords {
  return {
    async record(record: StreamRecord, reason: string): Promise<void> {
      const command = new PutCommand({
        TableName: tableName,
        Item: {
          ...unprocessableKey(record),
          reason,
          partition_key: record.partitionKey,
          arrived_at: record.arrivedAt,
          bytes: record.data.length,
          ...(record.data.length <= MAX_ATTRIBUTE_BYTES && { record: record.data }),
          expires_at: eventExpiry(now()),
        },
        ConditionExpression: 'attribute_not_exists(#partition)',
        ExpressionAttributeNames: { '#partition': 'partition' },
      });
      await ifConditionHolds(client.send(command));
    },
  };
}
