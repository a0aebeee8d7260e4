import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { FanOutMarker, FanOutMarkers } from '../../core/events/ports';
import { ifConditionHolds } from './conditional-write';
import { eventExpiry, MAX_ATTRIBUTE_BYTES, markerKey } from './event-rows';
import { packPlan, unpackPlan } from './fan-out-plan';
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
    const plan = packPlan(marker.plan);
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

export function toMarker(eventId: string, row: Row): FanOutMarker {
  return {
    eventId,
    winner: {
      sequenceNumber: row.winning_sequence_number as string,
      shardId: row.winning_shard_id as string,
    },
    topic: row.topic as string,
    order: row.order as string,
    plan: unpackPlan(row.plan),
    ...(row.number !== undefined && { number: row.number as number }),
    ...(row.erased === true && { erased: true }),
  };
}
