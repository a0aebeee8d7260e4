import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { NumberBlocks } from '../../core/events/ports';

/** The counters on the events table, one row per door. */
export function makeDynamoNumberBlocks(client: DynamoDBDocumentClient, tableName: string): NumberBlocks {
  return {
    async lease(door, size) {
      const { Attributes } = await client.send(
        new UpdateCommand({
          TableName: tableName,
          Key: { partition: `counter#${door}`, sort: 'counter' },
          UpdateExpression: 'ADD #leased :size',
          ExpressionAttributeNames: { '#leased': 'leased' },
          ExpressionAttributeValues: { ':size': size },
          ReturnValues: 'UPDATED_NEW',
        }),
      );
      return Number(Attributes?.leased) - size + 1;
    },
  };
}
