import { createHash } from 'node:crypto';
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { ConsumerIdentity, IdentityClaim, IdentityClaims } from '../../core/messages/ports';
import { ifConditionHolds } from './conditional-write';
import type { Row } from './row';
import { topicPartition } from './subscription-row';

/** A claim may be written anew between the refusal of ours and the reading of it. */
const MAX_TRIES = 5;

/** Which subscription a topic, target and type belong to: rows of the registry, beside those of the topic. */
export function makeDynamoIdentityClaims(client: DynamoDBDocumentClient, tableName: string): IdentityClaims {
  return { claim, replace };

  async function claim(identity: ConsumerIdentity, wanted: IdentityClaim): Promise<IdentityClaim> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      if (await put(toRow(identity, wanted), 'attribute_not_exists(#subscription_id)')) {
        return wanted;
      }
      const { Item } = await client.send(
        new GetCommand({ TableName: tableName, Key: keyOf(identity), ConsistentRead: true }),
      );
      if (Item) {
        return { subscriptionId: Item.subscription_id as string, at: Item.claimed_at as string };
      }
    }
    throw new Error('the claim of an identity comes and goes');
  }

  async function replace(
    identity: ConsumerIdentity,
    standing: IdentityClaim,
    wanted: IdentityClaim,
  ): Promise<boolean> {
    return put(
      toRow(identity, wanted),
      '#subscription_id = :standing AND #claimed_at = :at',
      { '#claimed_at': 'claimed_at' },
      { ':standing': standing.subscriptionId, ':at': standing.at },
    );
  }

  async function put(
    item: Row,
    condition: string,
    names: Readonly<Record<string, string>> = {},
    values?: Row,
  ): Promise<boolean> {
    const command = new PutCommand({
      TableName: tableName,
      Item: item,
      ConditionExpression: condition,
      ExpressionAttributeNames: { '#subscription_id': 'subscription_id', ...names },
      ...(values && { ExpressionAttributeValues: values }),
    });
    return (await ifConditionHolds(client.send(command))) !== undefined;
  }
}

/** Targets are of any length, sort keys are not. */
function keyOf({ topic, target, format }: ConsumerIdentity) {
  const digest = createHash('sha256')
    .update(JSON.stringify([target, format]))
    .digest('hex');
  return { partition: topicPartition({ door: 'topics', name: topic }), sort: `claim#${digest}` };
}

function toRow(identity: ConsumerIdentity, { subscriptionId, at }: IdentityClaim): Row {
  return { ...keyOf(identity), subscription_id: subscriptionId, claimed_at: at };
}
