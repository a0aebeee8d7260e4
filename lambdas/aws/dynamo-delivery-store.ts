import { type DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { decodePageToken, encodePageToken, wrongPageToken } from '../../core/page-token';
import type { Delivery } from '../../core/webhooks/delivery';
import type { DeliveryPage, DeliveryStore, PageRequest } from '../../core/webhooks/ports';
import { ifConditionHolds } from './conditional-write';
import {
  DEAD_SHARDS,
  deadPartition,
  duePartition,
  EVENT_SHARDS,
  eventPartition,
  rowKey,
  subscriptionPartition,
  toDelivery,
  toRow,
} from './delivery-row';
import { batchRead } from './dynamo-batch-read';
import { hasExpired, type Row } from './row';

/**
 * Deliveries on their table, by the keys of `lambdas/tables.ts`.
 * @param now epoch milliseconds.
 */
export function makeDynamoDeliveryStore(
  client: DynamoDBDocumentClient,
  tableName: string,
  now: () => number = Date.now,
): DeliveryStore {
  return { read, write, ofEvent, ofSubscription, dead, due };

  async function read(key: Parameters<DeliveryStore['read']>[0]): Promise<Delivery | undefined> {
    const { Item } = await client.send(
      new GetCommand({ TableName: tableName, Key: rowKey(key), ConsistentRead: true }),
    );
    return Item && toDelivery(Item);
  }

  async function write(delivery: Delivery): Promise<'written' | 'conflict'> {
    const isNew = delivery.version === 1;
    const command = new PutCommand({
      TableName: tableName,
      Item: toRow(delivery),
      ConditionExpression: isNew ? 'attribute_not_exists(#version)' : '#version = :read',
      ExpressionAttributeNames: { '#version': 'version' },
      ...(!isNew && { ExpressionAttributeValues: { ':read': delivery.version - 1 } }),
    });
    return (await ifConditionHolds(client.send(command))) ? 'written' : 'conflict';
  }

  /** Shard after shard: the token names the shard and the last sort key of it. */
  async function ofEvent(eventId: string, { limit, after }: PageRequest): Promise<DeliveryPage> {
    const start = after === undefined ? { shard: 0, last: undefined } : parseEventToken(after);
    const rows: Row[] = [];
    let last = start.last;
    for (let shard = start.shard; shard < EVENT_SHARDS; shard += 1) {
      const found = await query({
        partition: ['event_shard', eventPartition(eventId, shard)],
        sort: last === undefined ? undefined : ['subscription_run', '>', last],
        limit: limit - rows.length,
        consistent: true,
      });
      rows.push(...found.items);
      if (rows.length >= limit) {
        const next = encodePageToken(`${shard}/${String(rows.at(-1)?.subscription_run)}`);
        return { deliveries: live(rows), next };
      }
      last = undefined;
    }
    return { deliveries: live(rows) };
  }

  async function ofSubscription(
    subscriptionId: string,
    day: string,
    { limit, after }: PageRequest,
  ): Promise<DeliveryPage> {
    const { items, hasMore } = await query({
      index: 'by-subscription',
      partition: ['subscription_day', subscriptionPartition(subscriptionId, day)],
      sort: after === undefined ? undefined : ['created_order', '<', parseTimeToken(after)],
      limit,
      backward: true,
    });
    const next = hasMore ? encodePageToken(String(items.at(-1)?.created_order)) : undefined;
    return { deliveries: live(await readRows(items)), ...(next && { next }) };
  }

  /** Every shard gives its newest, the newest of those are the page. */
  async function dead({ limit, after }: PageRequest): Promise<DeliveryPage> {
    const before = after === undefined ? undefined : parseTimeToken(after);
    const found = await Promise.all(
      Array.from({ length: DEAD_SHARDS }, (_, shard) =>
        query({
          index: 'by-dead',
          partition: ['dead_shard', deadPartition(shard)],
          sort: before === undefined ? undefined : ['dead_at', '<', before],
          limit,
          backward: true,
        }),
      ),
    );
    const keys = found.flatMap(({ items }) => items).sort((a, b) => compare(b.dead_at, a.dead_at));
    const page = keys.slice(0, limit);
    const hasMore = keys.length > page.length || found.some((shard) => shard.hasMore);
    const rows = await readRows(page);
    return {
      deliveries: rows.map(toDelivery).filter(({ state }) => state === 'dead'),
      ...(hasMore && page.length > 0 && { next: encodePageToken(String(page.at(-1)?.dead_at)) }),
    };
  }

  async function due(shard: number, by: string, limit: number): Promise<readonly Delivery[]> {
    const { items } = await query({
      index: 'by-due',
      partition: ['due_shard', duePartition(shard)],
      sort: ['due_at', '<=', by],
      limit,
    });
    const rows = (await readRows(items)).map(toDelivery);
    // The index lags behind the rows.
    return rows.filter(({ state, dueAt }) => state === 'pending' && dueAt !== undefined && dueAt <= by);
  }

  async function query(options: {
    index?: string;
    partition: readonly [name: string, value: string];
    sort: readonly [name: string, comparison: '<' | '<=' | '>', value: string] | undefined;
    limit: number;
    backward?: boolean;
    consistent?: boolean;
  }): Promise<{ items: Row[]; hasMore: boolean }> {
    const { index, partition, sort, limit, backward = false, consistent = false } = options;
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

  function live(rows: readonly Row[]): Delivery[] {
    return rows.filter((row) => !hasExpired(row, now())).map(toDelivery);
  }
}

function nameOf({ event_shard, subscription_run }: Row): string {
  return JSON.stringify([event_shard, subscription_run]);
}

function compare(left: unknown, right: unknown): number {
  return String(left) < String(right) ? -1 : 1;
}

function parseEventToken(token: string): { shard: number; last: string } {
  const [, shard, last] = /^(\d|1[0-5])\/(.+)$/s.exec(decodePageToken(token) ?? '') ?? [];
  if (shard === undefined || last === undefined) {
    throw wrongPageToken();
  }
  return { shard: Number(shard), last };
}

/** `<ISO time>#<delivery id>`, the sort key of the indexes by time. */
function parseTimeToken(token: string): string {
  const text = decodePageToken(token) ?? '';
  if (!/^[\dTZ:.-]{24}#dlv_[\w-]{24}$/.test(text)) {
    throw wrongPageToken();
  }
  return text;
}
