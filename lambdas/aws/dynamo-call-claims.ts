import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { CallClaims } from '../../core/events/ports';
import { ifConditionHolds } from './conditional-write';

/** Claims of calls on the events table: one conditional put, and no reading. */
export function makeDynamoCallClaims(client: DynamoDBDocumentClient, tableName: string): CallClaims {
  return { claim };

  async function claim(
    { seed, digest, until }: Parameters<CallClaims['claim']>[0],
    now: string,
  ): Promise<boolean> {
    const command = new PutCommand({
      TableName: tableName,
      Item: {
        partition: `call#${seed}`,
        sort: 'claim',
        digest,
        until,
        expires_at: Math.ceil(Date.parse(until) / 1000),
      },
      // The expiry of rows is late. Times in one form of ISO 8601 compare as texts.
      ConditionExpression: 'attribute_not_exists(#partition) OR #digest = :digest OR #until <= :now',
      ExpressionAttributeNames: { '#partition': 'partition', '#digest': 'digest', '#until': 'until' },
      ExpressionAttributeValues: { ':digest': digest, ':now': now },
    });
    return (await ifConditionHolds(client.send(command))) !== undefined;
  }
}
