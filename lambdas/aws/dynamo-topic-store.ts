import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { type TopicKey, topicKeyText } from '../../core/events/event';
import type { TopicStore } from '../../core/topics/ports';
import type { Topic } from '../../core/topics/topic';
import { ifConditionHolds } from './conditional-write';
import { batchRead } from './dynamo-batch-read';
import { readPage } from './registry-page';
import type { Row } from './row';
import { topicRowKey, toTopic, toTopicRow } from './topic-row';

/** Names every topic, so that they can be listed without a scan; its rows are few and seldom written. */
const LIST_PARTITION = 'topics';

/** Topics on the registry table, by the keys of `lambdas/tables.ts`. */
export function makeDynamoTopicStore(client: DynamoDBDocumentClient, tableName: string): TopicStore {
  return { create, find, replace, remove, list };

  async function create(topic: Topic): Promise<'created' | 'already_exists'> {
    // The list first: a row that lists nothing yet is skipped, a topic that is not listed would stay so.
    await client.send(
      new PutCommand({
        TableName: tableName,
        Item: { partition: LIST_PARTITION, sort: topicKeyText(topic.key) },
      }),
    );
    const command = new PutCommand({
      TableName: tableName,
      Item: toTopicRow(topic),
      ConditionExpression: 'attribute_not_exists(#partition)',
      ExpressionAttributeNames: { '#partition': 'partition' },
    });
    return (await ifConditionHolds(client.send(command))) ? 'created' : 'already_exists';
  }

  async function find(key: TopicKey): Promise<Topic | undefined> {
    const { Item } = await client.send(
      new GetCommand({ TableName: tableName, Key: topicRowKey(topicKeyText(key)), ConsistentRead: true }),
    );
    return Item && toTopic(Item);
  }

  async function replace(topic: Topic): Promise<'replaced' | 'conflict'> {
    const read = (topic.revision ?? 1) - 1;
    const command = new PutCommand({
      TableName: tableName,
      Item: toTopicRow(topic),
      ConditionExpression:
        read === 0 ? 'attribute_exists(#partition) AND attribute_not_exists(#revision)' : '#revision = :read',
      ExpressionAttributeNames: { '#revision': 'revision', ...(read === 0 && { '#partition': 'partition' }) },
      ...(read > 0 && { ExpressionAttributeValues: { ':read': read } }),
    });
    return (await ifConditionHolds(client.send(command))) ? 'replaced' : 'conflict';
  }

  /** The topic first: a row that lists nothing is skipped. */
  async function remove(key: TopicKey): Promise<void> {
    const text = topicKeyText(key);
    await client.send(new DeleteCommand({ TableName: tableName, Key: topicRowKey(text) }));
    await client.send(
      new DeleteCommand({ TableName: tableName, Key: { partition: LIST_PARTITION, sort: text } }),
    );
  }

  async function list({
    limit,
    after,
  }: {
    limit: number;
    after?: string;
  }): Promise<{ topics: readonly Topic[]; next?: string }> {
    const { items, ...rest } = await readPage({
      client,
      tableName,
      partition: LIST_PARTITION,
      limit,
      after,
      resolve: findAll,
    });
    return { topics: items, ...rest };
  }

  async function findAll(rows: readonly Row[]): Promise<(Topic | undefined)[]> {
    const keys = rows.map(({ sort }) => topicRowKey(String(sort)));
    const read = await batchRead(client, tableName, keys);
    const byPartition = new Map(read.map((row) => [row.partition, toTopic(row)]));
    return keys.map(({ partition }) => byPartition.get(partition));
  }
}
