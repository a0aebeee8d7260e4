import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { batchRead } from './dynamo-batch-read';
import type { Row } from './row';

export interface DeliveryQuery {
  /** @default the table itself */
  readonly index?: string;
  readonly partition: readonly [name: string, value: string];
  readonly sort: readonly [name: string, comparison: '<' | '<=' | '>', value: string] | undefined;
  readonly limit: number;
  readonly backward?: boolean;
  readonly consistent?: boolean;
}

/** How the adapters of the deliveries table read it: a page of an index, then the rows that it points at. */
export function makeDeliveryQueries(client: DynamoDBDocumentClient, tableName: string) {
  return { query, readRows };

  async function query(asked: DeliveryQuery): Promise<{ readonly items: Row[]; readonly hasMore: boolean }> {
    const { index, partition, sort, limit, backward = false, consistent = false } = asked;
    const { Items, LastEvaluatedKey } = await client.send(
      new QueryCommand({
        TableName: tableName,
        ...(index && { IndexName: index }),
        KeyConditionExpression: `#partition = :partition${sort ? ` AND #sort ${sort[1]} :sort` : ''}`,
        ExpressionAttributeNames: { '#partition': partition[0], ...(sort && { '#sort': sort[0] }) },
        ExpressionAttributeValues: { ':partition': partition[1], ...(sort && { ':sort': sort[2] }) },
        Limit: limit,
        ScanIndexForward: !backward,
        ConsistentRead: consistent,
      }),
    );
    return { items: Items ?? [], hasMore: LastEvaluatedKey !== undefined };
  }

  /** The rows that an index points at, read consistently, in the order of the keys. */
  async function readRows(keys: readonly Row[]): Promise<Row[]> {
    const rows = await batchRead(
      client,
      tableName,
      keys.map(({ event_shard, subscription_run }) => ({ event_shard, subscription_run })),
    );
    const byKey = new Map(rows.map((row) => [nameOf(row), row]));
    return keys.map((key) => byKey.get(nameOf(key))).filter((row) => row !== undefined);
  }
}

function nameOf({ event_shard, subscription_run }: Row): string {
  return JSON.stringify([event_shard, subscription_run]);
}
