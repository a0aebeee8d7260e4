import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Replay, ReplayKey, ReplayStore } from '../../core/webhooks/replays/replay';
import { ifConditionHolds } from './conditional-write';
import { readPartition } from './partition-rows';
import {
  pointerPartition,
  pointerRowKey,
  replayPartition,
  replayRowKey,
  replaySortPrefix,
  toPointer,
  toReplay,
  toReplayRow,
} from './replay-row';
import { hasExpired } from './row';

const POINTERS_PER_PAGE = 100;

/**
 * Replays on the registry table, by the keys of `lambdas/tables.ts`.
 * @param now epoch milliseconds.
 */
export function makeDynamoReplayStore(
  client: DynamoDBDocumentClient,
  tableName: string,
  now: () => number = Date.now,
): ReplayStore {
  return { create, find, list, write, unfinished, forget };

  async function create(replay: Replay): Promise<'created' | 'already_exists'> {
    const { subscriptionId: subscription_id, run, createdAt: created_at } = replay;
    const pointer = { ...pointerRowKey(replay), subscription_id, run, created_at };
    await client.send(new PutCommand({ TableName: tableName, Item: pointer }));
    return (await write(replay)) === 'written' ? 'created' : 'already_exists';
  }

  async function find(key: ReplayKey): Promise<Replay | undefined> {
    const { Item } = await client.send(
      new GetCommand({ TableName: tableName, Key: replayRowKey(key), ConsistentRead: true }),
    );
    return Item && !hasExpired(Item, now()) ? toReplay(Item) : undefined;
  }

  async function list(subscriptionId: string, limit: number, below?: number): Promise<readonly Replay[]> {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: tableName,
        ConsistentRead: true,
        KeyConditionExpression: '#partition = :partition AND begins_with(#sort, :prefix)',
        ExpressionAttributeNames: { '#partition': 'partition', '#sort': 'sort' },
        ExpressionAttributeValues: {
          ':partition': replayPartition(subscriptionId),
          ':prefix': replaySortPrefix,
        },
        ScanIndexForward: false,
        Limit: limit,
        ...(below !== undefined && { ExclusiveStartKey: replayRowKey({ subscriptionId, run: below }) }),
      }),
    );
    return Items.filter((row) => !hasExpired(row, now())).map(toReplay);
  }

  async function write(replay: Replay): Promise<'written' | 'conflict'> {
    const isNew = replay.version === 1;
    const command = new PutCommand({
      TableName: tableName,
      Item: toReplayRow(replay),
      ConditionExpression: isNew ? 'attribute_not_exists(#version)' : '#version = :read',
      ExpressionAttributeNames: { '#version': 'version' },
      ...(!isNew && { ExpressionAttributeValues: { ':read': replay.version - 1 } }),
    });
    return (await ifConditionHolds(client.send(command))) ? 'written' : 'conflict';
  }

  async function unfinished(after?: string): ReturnType<ReplayStore['unfinished']> {
    const page = { limit: POINTERS_PER_PAGE, after };
    const { rows, last } = await readPartition(client, tableName, pointerPartition, page);
    return { pointers: rows.map(toPointer), ...(last !== undefined && { next: last }) };
  }

  async function forget(key: ReplayKey): Promise<void> {
    await client.send(new DeleteCommand({ TableName: tableName, Key: pointerRowKey(key) }));
  }
}
