import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  paginateQuery,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { ApiKey } from '../../core/accounts/account';
import type { KeyStore } from '../../core/accounts/ports';
import {
  accountPartition,
  credentialRowKey,
  expiryAttributes,
  keyRowKey,
  keySortPrefix,
  toCredentialRow,
  toKey,
  toKeyRow,
} from './account-row';
import { ifConditionHolds } from './conditional-write';
import type { Row } from './row';
import { type Assignments, buildUpdate } from './update-expression';

/**
 * Keys on the registry table: a row in the account's partition, which lists it, and one under the secret's hash,
 * which proves it. The list is written first and removed last, so that every secret that works can be found and
 * ended; the other row is only ever changed while it is there, so that what was removed never comes back.
 */
export function makeDynamoKeyStore(client: DynamoDBDocumentClient, tableName: string): KeyStore {
  return { add, ofAccount, find, expire, remove, block };

  async function add(key: ApiKey): Promise<'added' | 'already_exists'> {
    const isNew = await putOnce(toKeyRow(key));
    // An access token's rows follow from it: a step that crashed between the two is finished by the next.
    if (isNew || key.kind === 'access_token') {
      await putOnce(toCredentialRow(key));
    }
    return isNew ? 'added' : 'already_exists';
  }

  async function putOnce(row: Row): Promise<boolean> {
    const command = new PutCommand({
      TableName: tableName,
      Item: row,
      ConditionExpression: 'attribute_not_exists(#partition)',
      ExpressionAttributeNames: { '#partition': 'partition' },
    });
    return (await ifConditionHolds(client.send(command))) !== undefined;
  }

  async function ofAccount(accountId: string): Promise<readonly ApiKey[]> {
    const pages = paginateQuery(
      { client },
      {
        TableName: tableName,
        ConsistentRead: true,
        KeyConditionExpression: '#partition = :partition AND begins_with(#sort, :prefix)',
        ExpressionAttributeNames: { '#partition': 'partition', '#sort': 'sort' },
        ExpressionAttributeValues: { ':partition': accountPartition(accountId), ':prefix': keySortPrefix },
      },
    );
    const keys: ApiKey[] = [];
    for await (const { Items } of pages) {
      keys.push(...(Items ?? []).map(toKey));
    }
    return keys;
  }

  async function find(accountId: string, id: string): Promise<ApiKey | undefined> {
    const { Item } = await client.send(
      new GetCommand({ TableName: tableName, Key: keyRowKey({ accountId, id }), ConsistentRead: true }),
    );
    return Item && toKey(Item);
  }

  async function expire(key: ApiKey, at: string): Promise<void> {
    await update(credentialRowKey(key.hash), expiryAttributes(at));
    await update(keyRowKey(key), expiryAttributes(at));
  }

  async function remove(key: ApiKey): Promise<void> {
    await client.send(new DeleteCommand({ TableName: tableName, Key: credentialRowKey(key.hash) }));
    await client.send(new DeleteCommand({ TableName: tableName, Key: keyRowKey(key) }));
  }

  async function block(key: ApiKey, isBlocked: boolean): Promise<void> {
    await update(credentialRowKey(key.hash), { blocked: isBlocked ? true : null });
  }

  async function update(rowKey: Record<string, string>, assignments: Assignments): Promise<void> {
    const { expression, names, values } = buildUpdate(assignments);
    const command = new UpdateCommand({
      TableName: tableName,
      Key: rowKey,
      UpdateExpression: expression,
      ConditionExpression: 'attribute_exists(#partition)',
      ExpressionAttributeNames: { ...names, '#partition': 'partition' },
      ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
    });
    await ifConditionHolds(client.send(command));
  }
}
