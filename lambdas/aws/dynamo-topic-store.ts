import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { parseTopicKey, type TopicKey, topicKeyText } from '../../core/events/event';
import type { Json, JsonObject } from '../../core/json';
import type { TopicStore } from '../../core/topics/ports';
import type { Deprecation, Topic } from '../../core/topics/topic';
import { ifConditionHolds } from './conditional-write';
import { batchRead } from './dynamo-batch-read';
import { readPage } from './registry-page';
import type { Row } from './row';

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
      Item: toRow(topic),
      ConditionExpression: 'attribute_not_exists(#partition)',
      ExpressionAttributeNames: { '#partition': 'partition' },
    });
    return (await ifConditionHolds(client.send(command))) ? 'created' : 'already_exists';
  }

  async function find(key: TopicKey): Promise<Topic | undefined> {
    const { Item } = await client.send(
      new GetCommand({ TableName: tableName, Key: rowKey(topicKeyText(key)), ConsistentRead: true }),
    );
    return Item && toTopic(Item);
  }

  async function replace(topic: Topic): Promise<'replaced' | 'conflict'> {
    const read = (topic.revision ?? 1) - 1;
    const command = new PutCommand({
      TableName: tableName,
      Item: toRow(topic),
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
    await client.send(new DeleteCommand({ TableName: tableName, Key: rowKey(text) }));
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
    const keys = rows.map(({ sort }) => rowKey(String(sort)));
    const read = await batchRead(client, tableName, keys);
    const byPartition = new Map(read.map((row) => [row.partition, toTopic(row)]));
    return keys.map(({ partition }) => byPartition.get(partition));
  }
}

function rowKey(keyText: string): { partition: string; sort: string } {
  return { partition: `topic#${keyText}`, sort: 'topic' };
}

/** What is JSON lies there as text: the store's own numbers are others. */
function toRow(topic: Topic): Row {
  const { key, description, schema, examples, deprecation, createdBy, madeBy, createdAt, revision } = topic;
  const text = topicKeyText(key);
  return {
    ...rowKey(text),
    topic: text,
    created_at: createdAt,
    ...(description !== undefined && { description }),
    ...(schema !== undefined && { schema: JSON.stringify(schema) }),
    ...(examples !== undefined && { examples: JSON.stringify(examples) }),
    ...(deprecation !== undefined && { deprecation }),
    ...(createdBy !== undefined && { created_by: createdBy }),
    ...(madeBy !== undefined && { made_by: madeBy }),
    ...(revision !== undefined && { revision }),
  };
}

function toTopic(row: Row): Topic {
  return {
    key: parseTopicKey(String(row.topic)),
    createdAt: String(row.created_at),
    ...(row.description !== undefined && { description: String(row.description) }),
    ...(row.schema !== undefined && { schema: JSON.parse(String(row.schema)) as JsonObject }),
    ...(row.examples !== undefined && { examples: JSON.parse(String(row.examples)) as Json[] }),
    ...(row.deprecation !== undefined && { deprecation: row.deprecation as Deprecation }),
    ...(row.created_by !== undefined && { createdBy: String(row.created_by) }),
    ...(row.made_by !== undefined && { madeBy: String(row.made_by) }),
    ...(row.revision !== undefined && { revision: Number(row.revision) }),
  };
}
