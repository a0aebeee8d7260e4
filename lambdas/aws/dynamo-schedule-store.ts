import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { inParallel } from '../../core/in-parallel';
import { SCHEDULE_SHARDS, type ScheduleStore } from '../../core/messages/schedule/schedule-ports';
import type { DueMessage, ScheduledMessage } from '../../core/messages/schedule/scheduled-message';
import { decodePageToken, encodePageToken, wrongPageToken } from '../../core/page-token';
import { ifConditionHolds } from './conditional-write';
import { hasExpired, type Row } from './row';
import {
  behindAll,
  dueKey,
  duePartition,
  endedExpiry,
  isDueKey,
  messageKey,
  toClaimed,
  toDueMessage,
  toMessage,
  toPointer,
  toRow,
} from './schedule-row';

const WRITES_AT_A_TIME = 25;

/**
 * Scheduled messages on their table, by the keys of `lambdas/tables.ts`.
 * @param now epoch milliseconds.
 */
export function makeDynamoScheduleStore(
  client: DynamoDBDocumentClient,
  tableName: string,
  now: () => number = Date.now,
): ScheduleStore {
  return { park, find, claim, endReleased, cancel, due, postpone, list };

  /** What points at the message first: a crash leaves ids that lead nowhere, never a message that has lost one. */
  async function park(
    message: Parameters<ScheduleStore['park']>[0],
    otherIds: readonly number[],
  ): Promise<'parked' | 'id_taken'> {
    const pointers = otherIds.map((id) => toPointer(id, message));
    const written = await inParallel(WRITES_AT_A_TIME, pointers, putNew);
    return written.every(Boolean) && (await putNew(toRow(message))) ? 'parked' : 'id_taken';
  }

  /** One that is there already is our own when it is the same event's; it may have been released or cancelled since. */
  async function putNew(item: Row): Promise<boolean> {
    const command = new PutCommand({
      TableName: tableName,
      Item: item,
      ConditionExpression: 'attribute_not_exists(#id)',
      ExpressionAttributeNames: { '#id': 'message_id' },
    });
    return (
      (await ifConditionHolds(client.send(command))) !== undefined ||
      (await read(Number(item.message_id)))?.event_id === item.event_id
    );
  }

  async function find(id: number): Promise<ScheduledMessage | undefined> {
    const row = await read(id);
    const found = row?.points_to === undefined ? row : await read(Number(row.points_to));
    // An id of a message that was never parked may lead to another one by now.
    return found && found.event_id === row?.event_id ? toMessage(found) : undefined;
  }

  async function read(id: number): Promise<Row | undefined> {
    const { Item } = await client.send(
      new GetCommand({ TableName: tableName, Key: messageKey(id), ConsistentRead: true }),
    );
    return Item && !hasExpired(Item, now()) ? Item : undefined;
  }

  async function claim(id: number): ReturnType<ScheduleStore['claim']> {
    const command = new UpdateCommand({
      TableName: tableName,
      Key: messageKey(id),
      UpdateExpression: 'SET #state = :releasing',
      ConditionExpression: '#state IN (:scheduled, :releasing)',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: { ':scheduled': 'scheduled', ':releasing': 'releasing' },
      ReturnValues: 'ALL_NEW',
    });
    const claimed = await ifConditionHolds(client.send(command));
    return claimed?.Attributes && toClaimed(claimed.Attributes);
  }

  async function endReleased(id: number, at: string): Promise<void> {
    await end(id, { from: 'releasing', to: 'released', at });
  }

  async function cancel(id: number, at: string): Promise<boolean> {
    return end(id, { from: 'scheduled', to: 'cancelled', at });
  }

  async function end(
    id: number,
    { from, to, at }: { readonly from: string; readonly to: string; readonly at: string },
  ): Promise<boolean> {
    const command = new UpdateCommand({
      TableName: tableName,
      Key: messageKey(id),
      UpdateExpression:
        'SET #state = :to, #ended_at = :at, #expires_at = :expiry REMOVE #event, #due_shard, #due_at',
      ConditionExpression: '#state = :from',
      ExpressionAttributeNames: {
        '#state': 'state',
        '#ended_at': 'ended_at',
        '#expires_at': 'expires_at',
        '#event': 'event',
        '#due_shard': 'due_shard',
        '#due_at': 'due_at',
      },
      ExpressionAttributeValues: { ':from': from, ':to': to, ':at': at, ':expiry': endedExpiry(at) },
    });
    return (await ifConditionHolds(client.send(command))) !== undefined;
  }

  async function due(shard: number, by: string, limit: number): Promise<readonly DueMessage[]> {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: tableName,
        IndexName: 'by-due',
        KeyConditionExpression: '#shard = :shard AND #due_at <= :by',
        ExpressionAttributeNames: { '#shard': 'due_shard', '#due_at': 'due_at' },
        ExpressionAttributeValues: { ':shard': duePartition(shard), ':by': behindAll(by) },
        Limit: limit,
      }),
    );
    return Items.map(toDueMessage);
  }

  async function postpone({ id, dueAt }: DueMessage, to: string): Promise<void> {
    const command = new UpdateCommand({
      TableName: tableName,
      Key: messageKey(id),
      UpdateExpression: 'SET #due_at = :to',
      ConditionExpression: '#due_at = :read',
      ExpressionAttributeNames: { '#due_at': 'due_at' },
      ExpressionAttributeValues: { ':to': dueKey(to, id), ':read': dueKey(dueAt, id) },
    });
    await ifConditionHolds(client.send(command));
  }

  /** A part of each shard, merged: the first of all are among the first of each. */
  async function list({ limit, after }: Parameters<ScheduleStore['list']>[0]) {
    const place = after === undefined ? undefined : decodePageToken(after);
    if (after !== undefined && !isDueKey(place)) {
      throw wrongPageToken();
    }
    const shards = await Promise.all(
      Array.from({ length: SCHEDULE_SHARDS }, (_, shard) => listShard(shard, place, limit + 1)),
    );
    const rows = shards.flat().sort((a, b) => (String(a.due_at) < String(b.due_at) ? -1 : 1));
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      messages: page.map(toDueMessage).map(({ dueAt: _, ...summary }) => summary),
      ...(rows.length > limit && last && { next: encodePageToken(String(last.due_at)) }),
    };
  }

  async function listShard(shard: number, place: string | undefined, limit: number): Promise<readonly Row[]> {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: tableName,
        IndexName: 'by-due',
        KeyConditionExpression: `#shard = :shard${place === undefined ? '' : ' AND #due_at > :place'}`,
        ExpressionAttributeNames: {
          '#shard': 'due_shard',
          ...(place !== undefined && { '#due_at': 'due_at' }),
        },
        ExpressionAttributeValues: {
          ':shard': duePartition(shard),
          ...(place !== undefined && { ':place': place }),
        },
        Limit: limit,
      }),
    );
    return Items;
  }
}
