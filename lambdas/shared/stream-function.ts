import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import type { StreamRecord } from '../../core/stream-record';
import type { FunctionName } from '../functions';
import { lazily } from './lazily';
import { makeLogger } from './logging';

/** Handles the records of one batch, which are of one shard and in its order. */
export type BatchHandler = (records: readonly StreamRecord[]) => Promise<void>;

/**
 * The wrapper of every stream function. The handler either ends every record of the batch (a refusal is an
 * ending) or throws, and so does this: the mapping then halves the batch and tries again, so that a record that
 * fails for ever holds up nobody else, and the function's error metric counts it. Naming a failed record in the
 * answer would do neither. Replaying what had ended already changes nothing (design: law 3).
 */
export function streamFunction({
  name,
  wire,
}: {
  readonly name: FunctionName;
  readonly wire: () => BatchHandler;
}) {
  const handle = lazily(wire);
  const logger = lazily(() => makeLogger(name));
  return async (event: KinesisStreamEvent): Promise<KinesisStreamBatchResponse> => {
    const records = event.Records.map(toStreamRecord);
    try {
      await handle()(records);
      return { batchItemFailures: [] };
    } catch (error) {
      logger().error('batch failed; the stream will deliver it again', {
        records: records.length,
        first_sequence_number: records[0]?.sequenceNumber,
        error: error as Error,
      });
      throw error;
    }
  };
}

function toStreamRecord({ eventID, kinesis }: KinesisStreamEvent['Records'][number]): StreamRecord {
  return {
    sequenceNumber: kinesis.sequenceNumber,
    // eventID is `<shard id>:<sequence number>`; nothing else in the record names the shard.
    shardId: eventID.slice(0, eventID.lastIndexOf(':')),
    partitionKey: kinesis.partitionKey,
    data: Buffer.from(kinesis.data, 'base64'),
    arrivedAt: new Date(kinesis.approximateArrivalTimestamp * 1000).toISOString(),
  };
}
