import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { LiveGate } from '../../core/webhooks/replays/replay';
import { ifConditionHolds } from './conditional-write';
import { subscriptionRowKey } from './subscription-row';

/** The attribute of a subscription's row that holds its live deliveries. */
export function makeDynamoLiveGate(client: DynamoDBDocumentClient, tableName: string): LiveGate {
  return {
    async open(reference, run) {
      const command = new UpdateCommand({
        TableName: tableName,
        Key: subscriptionRowKey(reference),
        UpdateExpression: 'REMOVE #replaying',
        // A row that is gone is not made anew by this.
        ConditionExpression: '#replaying = :run',
        ExpressionAttributeNames: { '#replaying': 'replaying' },
        ExpressionAttributeValues: { ':run': run },
      });
      await ifConditionHolds(client.send(command));
    },
  };
}
