import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { type Event, topicKeyText } from '../../core/events/event';
import { historyPartition } from '../../core/events/history-key';
import type { EventHistoryReader, EventHistoryWriter } from '../../core/events/ports';
import { encodeRecord } from '../../core/stream-record';
import { eventExpiry, toEvent } from './event-rows';
import { hasExpired } from './row';

/**
 * The history on the events table: one row per event, gzipped when that is worth it.
 * @param now epoch milliseconds.
 */
export function makeDynamoEventHistory(
  client: DynamoDBDocumentClient,
  tableName: string,
  now: () => number = Date.now,
): EventHistoryReader & EventHistoryWriter {
  return { keep, read };

  async function keep(order: string, event: Event): Promise<void> {
    await client.send(
      new PutCommand({
        TableName: tableName,
        Item: {
          partition: historyPartition(topicKeyText(event.topic), event.id),
          sort: order,
          event_id: event.id,
          event: encodeRecord(event),
          expires_at: eventExpiry(now()),
        },
      }),
    );
  }

  async function read({
    topic,
    order,
    eventId,
  }: Parameters<EventHistoryReader['read']>[0]): Promise<Event | undefined> {
    const { Item } = await client.send(
      new GetCommand({
        TableName: tableName,
        Key: { partition: historyPartition(topic, eventId), sort: order },
        ConsistentRead: true,
      }),
    );
    // An order is a place, where another event may lie.
    if (!Item || Item.event_id !== eventId || hasExpired(Item, now())) {
      return undefined;
    }
    return toEvent(Item);
  }
}
