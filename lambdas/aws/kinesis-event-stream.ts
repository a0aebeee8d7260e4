import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { EventRecord } from '../../core/events/event';
import type { EventBatch, EventStream } from '../../core/events/ports';
import { encodeRecord } from '../../core/stream-record';
import { partitionKey } from './partition-key';
import { putRecords, type StreamEntry } from './put-records';

/** The events stream on Kinesis. @param pause waits that many milliseconds. */
export function makeKinesisEventStream(
  client: KinesisClient,
  streamName: string,
  pause?: (milliseconds: number) => Promise<unknown>,
): EventStream {
  return {
    async append(batches: readonly EventBatch[]): Promise<void> {
      const report = await putRecords(client, streamName, batches.map(toEntry), { ...(pause && { pause }) });
      if (report.failure !== undefined) {
        throw report.failure;
      }
    },
  };
}

function toEntry({ partitionKey: text, events }: EventBatch): StreamEntry {
  const record: EventRecord = { v: 1, kind: 'events', events };
  return { PartitionKey: partitionKey(text), Data: encodeRecord(record) };
}
