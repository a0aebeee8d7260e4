import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { decodePageToken, encodePageToken, wrongPageToken } from '../../core/page-token';
import type { Delivery } from '../../core/webhooks/deliveries/delivery';
import type { DeliveryPage, DeliveryStore, PageRequest } from '../../core/webhooks/ports';
import { ifConditionHolds } from './conditional-write';
import { makeDeliveryQueries } from './delivery-queries';
import {
  duePartition,
  EVENT_SHARDS,
  eventPartition,
  pausedPartition,
  rowKey,
  toDelivery,
  toRow,
} from './delivery-row';
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
  const { query, readRows } = makeDeliveryQueries(client, tableName);
  return { read, write, ofEvent, due, paused };

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

  async function paused(subscriptionId: string, { limit, after }: PageRequest): Promise<DeliveryPage> {
    const { items, hasMore } = await query({
      index: 'by-dead',
      partition: ['dead_shard', pausedPartition(subscriptionId)],
      sort: after === undefined ? undefined : ['dead_at', '>', after],
      limit,
    });
    const rows = (await readRows(items)).map(toDelivery);
    const last = items.at(-1);
    return {
      // The index lags behind the rows.
      deliveries: rows.filter(({ state, pausedAt }) => state === 'pending' && pausedAt !== undefined),
      ...(hasMore && last && { next: String(last.dead_at) }),
    };
  }

  function live(rows: readonly Row[]): Delivery[] {
    return rows.filter((row) => !hasExpired(row, now())).map(toDelivery);
  }
}

function parseEventToken(token: string): { shard: number; last: string } {
  const [, shard, last] = /^(\d|1[0-5])\/(.+)$/s.exec(decodePageToken(token) ?? '') ?? [];
  if (shard === undefined || last === undefined) {
    throw wrongPageToken();
  }
  return { shard: Number(shard), last };
}
