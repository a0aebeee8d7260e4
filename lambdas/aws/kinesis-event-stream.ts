import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { EventRecord } from '../../core/events/event';
import type { EventBatch, EventIntake, EventStream, OfferOutcome } from '../../core/events/ports';
import { encodeRecord } from '../../core/stream-record';
import { partitionKey } from './partition-key';
import { putRecords, type StreamEntry, StreamThrottledError } from './put-records';

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

/** Contract bc-events, section 6: its client has two seconds for a request and all its repetitions. */
const OFFER_MILLISECONDS = 700;

/** The same, for callers who hear of each batch. @param onFailure hears why the stream did not say. */
export function makeKinesisEventIntake(
  client: KinesisClient,
  streamName: string,
  onFailure: (failure: unknown) => void,
): EventIntake {
  return {
    async offer(batches: readonly EventBatch[]): Promise<readonly OfferOutcome[]> {
      const deadline = Date.now() + OFFER_MILLISECONDS;
      const { taken, failure } = await putRecords(client, streamName, batches.map(toEntry), { deadline });
      const otherwise = failure instanceof StreamThrottledError ? 'throttled' : 'failed';
      if (failure !== undefined && otherwise === 'failed') {
        onFailure(failure);
      }
      return taken.map((result) => (result === undefined ? otherwise : 'taken'));
    },
  };
}

function toEntry({ partitionKey: text, events }: EventBatch): StreamEntry {
  const record: EventRecord = { v: 1, kind: 'events', events };
  return { PartitionKey: partitionKey(text), Data: encodeRecord(record) };
}
