import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Subscription } from '../../core/topics/subscriptions/subscription';
import type { CallbackSubscriptions } from '../../core/webhooks/callbacks/callback-subscription';
import { ifConditionHolds } from './conditional-write';
import type { Row } from './row';
import { ownerRowKey, referenceRowKey, subscriptionRowKey, toSubscriptionRow } from './subscription-row';

/** Subscriptions whose ids are derived, in the rows of all others. */
export function makeDynamoCallbackSubscriptions(
  client: DynamoDBDocumentClient,
  tableName: string,
): CallbackSubscriptions {
  return { createOnce };

  async function createOnce(subscription: Subscription): Promise<'created' | 'already_exists'> {
    // The usual repetition writes nothing.
    const found = await read(subscription);
    if (found && found.state !== 'deleted') {
      return 'already_exists';
    }
    const { id, owner, createdAt } = subscription;
    const row = toSubscriptionRow(subscription);
    const pointer = { topic: row.topic, owner, created_at: createdAt };
    // What points at the subscription first, as in the store of all subscriptions.
    await put({ ...referenceRowKey(id), ...pointer });
    await put({ ...ownerRowKey(subscription), id, ...pointer });
    if (await claim(row)) {
      return 'created';
    }
    const standing = await read(subscription);
    if (standing?.created_at !== createdAt) {
      // Somebody made it at the same moment: the list has that one. A crash here leaves a row that lists skip.
      await client.send(new DeleteCommand({ TableName: tableName, Key: ownerRowKey(subscription) }));
    }
    // The client repeats a write that timed out: then the row is ours, which its secret tells.
    const isOurs = JSON.stringify(standing?.secrets) === JSON.stringify([{ secret: secretOf(subscription) }]);
    return isOurs ? 'created' : 'already_exists';
  }

  async function read(subscription: Subscription): Promise<Row | undefined> {
    const { Item } = await client.send(
      new GetCommand({ TableName: tableName, Key: subscriptionRowKey(subscription), ConsistentRead: true }),
    );
    return Item;
  }

  async function put(row: Row): Promise<void> {
    await client.send(new PutCommand({ TableName: tableName, Item: row }));
  }

  /** The one write that decides. */
  async function claim(row: Row): Promise<boolean> {
    const command = new PutCommand({
      TableName: tableName,
      Item: row,
      ConditionExpression: 'attribute_not_exists(#partition) OR #state = :deleted',
      ExpressionAttributeNames: { '#partition': 'partition', '#state': 'state' },
      ExpressionAttributeValues: { ':deleted': 'deleted' },
    });
    return (await ifConditionHolds(client.send(command))) !== undefined;
  }
}

function secretOf({ secrets }: Subscription): string | undefined {
  return secrets[0]?.secret;
}
