import { DeleteCommand, type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { ErasableEvents, KeptRow } from '../../core/erasure/ports';
import { type Event, topicKeyText } from '../../core/events/event';
import { historyPartition } from '../../core/events/history-key';
import type { FanOutMarker } from '../../core/events/ports';
import { decodeRecord, type StreamPosition } from '../../core/stream-record';
import { ifConditionHolds } from './conditional-write';
import { toMarker } from './dynamo-fan-out-markers';
import { UNPROCESSABLE_PREFIX, unprocessableKey } from './dynamo-unprocessable-records';
import { HISTORY_PREFIX, markerKey } from './event-rows';
import type { Row } from './row';
import { scanPage } from './scan-page';

/** The events table, for the eraser. There is no index by subject: docs/decisions/041-erasing-scans.md. */
export function makeDynamoErasableEvents(client: DynamoDBDocumentClient, tableName: string): ErasableEvents {
  return { scan, flagMarker, removeEvent, emptyRecord };

  async function scan(after: string | undefined) {
    const { rows, ...page } = await scanPage(
      client,
      {
        TableName: tableName,
        FilterExpression: 'begins_with(#partition, :history) OR begins_with(#partition, :unprocessable)',
        ExpressionAttributeNames: { '#partition': 'partition' },
        ExpressionAttributeValues: { ':history': HISTORY_PREFIX, ':unprocessable': UNPROCESSABLE_PREFIX },
      },
      after,
    );
    return { rows: rows.map(toKeptRow), ...page };
  }

  async function flagMarker(eventId: string): Promise<FanOutMarker | undefined> {
    const command = new UpdateCommand({
      TableName: tableName,
      Key: markerKey(eventId),
      UpdateExpression: 'SET #erased = :true',
      ConditionExpression: 'attribute_exists(#partition)',
      ExpressionAttributeNames: { '#erased': 'erased', '#partition': 'partition' },
      ExpressionAttributeValues: { ':true': true },
      ReturnValues: 'ALL_NEW',
    });
    const updated = await ifConditionHolds(client.send(command));
    return updated?.Attributes && toMarker(eventId, updated.Attributes);
  }

  async function removeEvent({ event, order }: Parameters<ErasableEvents['removeEvent']>[0]): Promise<void> {
    const command = new DeleteCommand({
      TableName: tableName,
      Key: { partition: historyPartition(topicKeyText(event.topic), event.id), sort: order },
      // An order is a place, where another event may lie.
      ConditionExpression: 'event_id = :event_id',
      ExpressionAttributeValues: { ':event_id': event.id },
    });
    await ifConditionHolds(client.send(command));
  }

  async function emptyRecord(position: StreamPosition): Promise<void> {
    const command = new UpdateCommand({
      TableName: tableName,
      Key: unprocessableKey(position),
      UpdateExpression: 'REMOVE #record, partition_key SET #erased = :true',
      ConditionExpression: 'attribute_exists(#partition)',
      ExpressionAttributeNames: { '#record': 'record', '#erased': 'erased', '#partition': 'partition' },
      ExpressionAttributeValues: { ':true': true },
    });
    await ifConditionHolds(client.send(command));
  }
}

function toKeptRow(row: Row): KeptRow {
  const partition = String(row.partition);
  if (partition.startsWith(UNPROCESSABLE_PREFIX)) {
    return {
      kind: 'unprocessable',
      position: {
        shardId: partition.slice(UNPROCESSABLE_PREFIX.length),
        sequenceNumber: String(row.sort),
      },
      partitionKey: String(row.partition_key ?? ''),
      ...(row.record !== undefined && { data: row.record as Uint8Array }),
    };
  }
  const decoded = decodeRecord(row.event as Uint8Array);
  if (!decoded.ok) {
    throw new Error(`the history holds an event that is ${decoded.reason}`);
  }
  return { kind: 'event', order: String(row.sort), event: decoded.value as Event };
}
