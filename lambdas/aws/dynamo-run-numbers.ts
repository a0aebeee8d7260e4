import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { RunNumbers } from '../../core/webhooks/ports';
import { runsRowKey } from './replay-row';

/** A counter on the registry table, in the partition of the subscription. */
export function makeDynamoRunNumbers(client: DynamoDBDocumentClient, tableName: string): RunNumbers {
  return {
    async next(subscriptionId) {
      const { Attributes } = await client.send(
        new UpdateCommand({
          TableName: tableName,
          Key: runsRowKey(subscriptionId),
          UpdateExpression: 'ADD #last :one',
          ExpressionAttributeNames: { '#last': 'last_run' },
          ExpressionAttributeValues: { ':one': 1 },
          ReturnValues: 'UPDATED_NEW',
        }),
      );
      return Attributes?.last_run as number;
    },
    async takeFirst(subscriptionId) {
      await client.send(
        new UpdateCommand({
          TableName: tableName,
          Key: runsRowKey(subscriptionId),
          UpdateExpression: 'SET #last = if_not_exists(#last, :one)',
          ExpressionAttributeNames: { '#last': 'last_run' },
          ExpressionAttributeValues: { ':one': 1 },
        }),
      );
    },
  };
}
