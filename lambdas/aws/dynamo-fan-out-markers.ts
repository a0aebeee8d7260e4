import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { FanOutMarker, FanOutMarkers, PlanEntry } from '../../core/events/ports';
import { decodeRecord, encodeRecord } from '../../core/stream-record';
import { ifConditionHolds } from './conditional-write';
import { eventExpiry, MAX_ATTRIBUTE_BYTES } from './event-rows';
import type { Row } from './row';

/**
 * Fan-out markers on the events table: one conditional put per event, read back only when it was there.
 * @param now epoch milliseconds.
 */
export function makeDynamoFanOutMarkers(
  client: DynamoDBDocumentClient,
  tableName: string,
  now: () => number = Date.now,
): FanOutMarkers {
  return { claim };

  async function claim(marker: FanOutMarker): Promise<FanOutMarker | 'too_large'> {
    const plan = encodeRecord(marker.plan.map(toStored));
    if (plan.length > MAX_ATTRIBUTE_BYTES) {
      return 'too_large';
    }
    if (await put(marker, plan)) {
      return marker;
    }
    const row = await read(marker.eventId);
    if (!row) {
      throw new Error('the marker of an event is gone that was there a moment ago');
    }
    return toMarker(marker.eventId, row);
  }

  async function put(marker: FanOutMarker, plan: Uint8Array): Promise<boolean> {
    const command = new PutCommand({
      TableName: tableName,
      Item: {
        ...markerKey(marker.eventId),
        winning_sequence_number: marker.winner.sequenceNumber,
        winning_shard_id: marker.winner.shardId,
        order: marker.order,
        topic: marker.topic,
        fanned_out: marker.plan.length,
        number: marker.number,
        plan,
        expires_at: eventExpiry(now()),
      },
      // The store removes late what has expired.
      ConditionExpression: 'attribute_not_exists(#partition) OR #expires_at <= :now',
      ExpressionAttributeNames: { '#partition': 'partition', '#expires_at': 'expires_at' },
      ExpressionAttributeValues: { ':now': Math.floor(now() / 1000) },
    });
    return (await ifConditionHolds(client.send(command))) !== undefined;
  }

  async function read(eventId: string): Promise<Row | undefined> {
    const { Item } = await client.send(
      new GetCommand({ TableName: tableName, Key: markerKey(eventId), ConsistentRead: true }),
    );
    return Item;
  }
}

/** Where the marker of an event lies. */
export function markerKey(eventId: string): { partition: string; sort: string } {
  return { partition: `event#${eventId}`, sort: 'marker' };
}

export function toMarker(eventId: string, row: Row): FanOutMarker {
  const plan = decodeRecord(row.plan as Uint8Array);
  if (!plan.ok) {
    throw new Error(`the marker of an event holds a plan that is ${plan.reason}`);
  }
  return {
    eventId,
    winner: {
      sequenceNumber: row.winning_sequence_number as string,
      shardId: row.winning_shard_id as string,
    },
    topic: row.topic as string,
    order: row.order as string,
    plan: (plan.value as StoredEntry[]).map(toEntry),
    ...(row.number !== undefined && { number: row.number as number }),
    ...(row.erased === true && { erased: true }),
  };
}

/** An id alone, or with the pattern that it listens to: plans hold thousands. */
type StoredEntry = string | readonly [id: string, via: string];

function toStored({ id, via }: PlanEntry): StoredEntry {
  return via === undefined ? id : [id, via];
}

function toEntry(stored: StoredEntry): PlanEntry {
  return typeof stored === 'string' ? { id: stored } : { id: stored[0], via: stored[1] };
}
