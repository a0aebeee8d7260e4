import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Subscription } from '../../core/topics/subscriptions/subscription';
import { ifConditionHolds } from './conditional-write';
import type { Row } from './row';
import { ownerRowKey, referenceRowKey, toSubscriptionRow } from './subscription-row';

/**
 * Writes the rows of a new subscription. What points at it comes first: a row that points nowhere reads as not
 * found, while a subscription without them would be called and could not be deleted.
 */
export async function putSubscription(
  client: DynamoDBDocumentClient,
  tableName: string,
  subscription: Subscription,
): Promise<'created' | 'already_exists'> {
  const { id, owner, createdAt, madeBy } = subscription;
  const row = toSubscriptionRow(subscription);
  const pointer = { topic: row.topic, owner, created_at: createdAt, made_by: madeBy };
  const isMade =
    (await putOwn({ ...referenceRowKey(id), ...pointer })) &&
    (await putOwn({ ...ownerRowKey(subscription), id, ...pointer })) &&
    // Of two calls at the same moment one makes the secret.
    (await (madeBy === undefined ? putOwn(row) : put(row, 'attribute_not_exists(#partition)')));
  return isMade ? 'created' : 'already_exists';

  /** Its own repetition finds the row as it is: the client's of what timed out, or that of the whole call. */
  async function putOwn(own: Row): Promise<boolean> {
    const [name, same] =
      own.made_by === undefined ? ['created_at', own.created_at] : ['made_by', own.made_by];
    const isSame = `#owner = :owner AND #${name} = :same`;
    return put(own, `attribute_not_exists(#partition) OR (${isSame})`, {
      ':owner': own.owner,
      ':same': same,
    });
  }

  async function put(item: Row, condition: string, values?: Row): Promise<boolean> {
    const names = ['partition', 'owner', 'created_at', 'made_by'].filter((name) =>
      condition.includes(`#${name}`),
    );
    const command = new PutCommand({
      TableName: tableName,
      Item: item,
      ConditionExpression: condition,
      ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
      ...(values && { ExpressionAttributeValues: values }),
    });
    return (await ifConditionHolds(client.send(command))) !== undefined;
  }
}
