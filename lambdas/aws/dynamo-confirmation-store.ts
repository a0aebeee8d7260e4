import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { ConfirmationStore } from '../../core/webhooks/confirmation/confirmation-ports';
import { ifConditionHolds } from './conditional-write';
import { toConfirmationAttribute } from './confirmation-attribute';
import { subscriptionRowKey } from './subscription-row';

/** Confirmations on the registry's rows: an attribute of the subscription, beside which nothing is touched. */
export function makeDynamoConfirmationStore(
  client: DynamoDBDocumentClient,
  tableName: string,
): ConfirmationStore {
  return {
    async write(reference, confirmation) {
      const command = new UpdateCommand({
        TableName: tableName,
        Key: subscriptionRowKey(reference),
        UpdateExpression: 'SET #confirmation = :confirmation',
        ConditionExpression:
          '#state <> :deleted AND #confirmation.#id = :id AND #confirmation.#revision = :found',
        ExpressionAttributeNames: {
          '#confirmation': 'confirmation',
          '#id': 'id',
          '#revision': 'revision',
          '#state': 'state',
        },
        ExpressionAttributeValues: {
          ':confirmation': toConfirmationAttribute(confirmation),
          ':id': confirmation.id,
          ':found': confirmation.revision - 1,
          ':deleted': 'deleted',
        },
      });
      return (await ifConditionHolds(client.send(command))) === undefined ? 'conflict' : 'written';
    },
  };
}
