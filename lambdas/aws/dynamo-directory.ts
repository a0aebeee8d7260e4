import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Directory, DirectoryEntry, Numbered } from '../../core/messages/ports';
import type { Row } from './row';

/** Sort keys are texts: numbers in them have one length. */
const DIGITS = 16;

/** What the topics door has numbered, on the registry table, by the keys of `lambdas/tables.ts`. */
export function makeDynamoDirectory(client: DynamoDBDocumentClient, tableName: string): Directory {
  return { enter, find, list, remove };

  async function enter(
    kind: Numbered,
    { topic, subscriptionId }: Omit<DirectoryEntry, 'number'>,
  ): Promise<number> {
    const number = await lease(kind);
    await client.send(
      new PutCommand({
        TableName: tableName,
        Item: { ...keyOf(kind, number), number, topic, subscription_id: subscriptionId },
      }),
    );
    return number;
  }

  /** A block of one: they are made one by one, and their order is that of their numbers. */
  async function lease(kind: Numbered): Promise<number> {
    const { Attributes } = await client.send(
      new UpdateCommand({
        TableName: tableName,
        Key: { partition: `counter#${kind}`, sort: 'counter' },
        UpdateExpression: 'ADD #leased :size',
        ExpressionAttributeNames: { '#leased': 'leased' },
        ExpressionAttributeValues: { ':size': 1 },
        ReturnValues: 'UPDATED_NEW',
      }),
    );
    return Number(Attributes?.leased);
  }

  async function find(kind: Numbered, number: number): Promise<DirectoryEntry | undefined> {
    const { Item } = await client.send(
      new GetCommand({ TableName: tableName, Key: keyOf(kind, number), ConsistentRead: true }),
    );
    return Item && toEntry(Item);
  }

  async function list(
    kind: Numbered,
    { limit, after }: Parameters<Directory['list']>[1],
  ): ReturnType<Directory['list']> {
    const { Items = [], LastEvaluatedKey } = await client.send(
      new QueryCommand({
        TableName: tableName,
        ConsistentRead: true,
        KeyConditionExpression: '#partition = :partition AND #sort > :after',
        ExpressionAttributeNames: { '#partition': 'partition', '#sort': 'sort' },
        ExpressionAttributeValues: { ':partition': partitionOf(kind), ':after': sortOf(after ?? 0) },
        Limit: limit,
      }),
    );
    const entries = Items.map(toEntry);
    const last = entries.at(-1)?.number;
    return { entries, ...(LastEvaluatedKey && last !== undefined && { next: last }) };
  }

  async function remove(kind: Numbered, number: number): Promise<void> {
    await client.send(new DeleteCommand({ TableName: tableName, Key: keyOf(kind, number) }));
  }
}

function partitionOf(kind: Numbered): string {
  return `directory#${kind}`;
}

function sortOf(number: number): string {
  return String(number).padStart(DIGITS, '0');
}

function keyOf(kind: Numbered, number: number) {
  return { partition: partitionOf(kind), sort: sortOf(number) };
}

function toEntry({ number, topic, subscription_id }: Row): DirectoryEntry {
  return {
    number: number as number,
    topic: topic as string,
    ...(subscription_id !== undefined && { subscriptionId: subscription_id as string }),
  };
}
