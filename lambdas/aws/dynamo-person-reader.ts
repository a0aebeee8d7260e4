import { type DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { LookUpKey, PersonReader } from '../../core/person/ports';
import type { Profile } from '../../core/person/profile';
import { tables } from '../tables';
import { indexKey } from './index-key';
import { holdsProfile, toProfile } from './profile-row';

/** An e-mail may belong to a few accounts of one person, and the index may still hold a former owner. */
const MAX_FOUND = 10;

const indexes = {
  uuid: 'by-uuid',
  primary_email: 'by-primary-email',
  primary_username: 'by-primary-username',
} as const satisfies Record<Exclude<LookUpKey, 'user_id'>, keyof (typeof tables)['profiles']['indexes']>;

/** The vault, for readers. */
export function makeDynamoPersonReader(client: DynamoDBDocumentClient, tableName: string): PersonReader {
  return { findUserIds, readProfile };

  async function findUserIds(by: LookUpKey, value: string): Promise<readonly string[]> {
    if (by === 'user_id') {
      return [value];
    }
    const key = indexKey(value);
    if (key === undefined) {
      return [];
    }
    const { Items } = await client.send(
      new QueryCommand({
        TableName: tableName,
        IndexName: indexes[by],
        KeyConditionExpression: '#key = :key',
        ExpressionAttributeNames: { '#key': tables.profiles.indexes[indexes[by]].partitionKey },
        ExpressionAttributeValues: { ':key': key },
        Limit: MAX_FOUND,
      }),
    );
    return (Items ?? []).map((item) => String(item.user_id));
  }

  async function readProfile(userId: string): Promise<Profile | undefined> {
    const { Item } = await client.send(
      new GetCommand({
        TableName: tableName,
        Key: { user_id: userId },
        ConsistentRead: true,
        ProjectionExpression: 'profile',
      }),
    );
    return Item && holdsProfile(Item) ? toProfile(Item) : undefined;
  }
}
