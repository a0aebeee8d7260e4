import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { type Account, isThere } from '../../core/accounts/account';
import type { AccountStore } from '../../core/accounts/ports';
import { accountRowKey, toAccount, toAccountRow } from './account-row';
import { ifConditionHolds } from './conditional-write';
import { batchRead } from './dynamo-batch-read';
import { readPage } from './registry-page';
import type { Row } from './row';

/** Names every account, so that they can be listed without a scan. */
const LIST_PARTITION = 'accounts';

/** Accounts on the registry table, by the keys of `lambdas/tables.ts`. */
export function makeDynamoAccountStore(client: DynamoDBDocumentClient, tableName: string): AccountStore {
  return { find, write, list };

  async function find(id: string): Promise<Account | undefined> {
    const { Item } = await client.send(
      new GetCommand({ TableName: tableName, Key: accountRowKey(id), ConsistentRead: true }),
    );
    return Item && toAccount(Item);
  }

  async function write(account: Account): Promise<'written' | 'conflict'> {
    const isNew = account.version === 1;
    if (isNew) {
      // The list first: a row that lists nothing yet is skipped, an account that is not listed would stay so.
      await client.send(
        new PutCommand({ TableName: tableName, Item: { partition: LIST_PARTITION, sort: account.id } }),
      );
    }
    const command = new PutCommand({
      TableName: tableName,
      Item: toAccountRow(account),
      ConditionExpression: isNew ? 'attribute_not_exists(#version)' : '#version = :read',
      ExpressionAttributeNames: { '#version': 'version' },
      ...(!isNew && { ExpressionAttributeValues: { ':read': account.version - 1 } }),
    });
    return (await ifConditionHolds(client.send(command))) ? 'written' : 'conflict';
  }

  async function list({ limit, after }: Parameters<AccountStore['list']>[0]) {
    const { items, ...rest } = await readPage({
      client,
      tableName,
      partition: LIST_PARTITION,
      limit,
      after,
      resolve: findAll,
    });
    return { accounts: items, ...rest };
  }

  async function findAll(rows: readonly Row[]): Promise<(Account | undefined)[]> {
    const found = await batchRead(
      client,
      tableName,
      rows.map(({ sort }) => accountRowKey(String(sort))),
    );
    const byId = new Map(found.map((row) => [row.id, toAccount(row)]));
    return rows.map(({ sort }) => {
      const account = byId.get(sort);
      return isThere(account) ? account : undefined;
    });
  }
}
