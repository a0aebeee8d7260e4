import { ACCOUNT_ID, REGION } from '../aws/identity';
import { MAX_PAYLOAD_BYTES } from '../functions/invocation';

/** A record as Kinesis returns it. */
export interface StreamRecord {
  readonly SequenceNumber: string;
  readonly PartitionKey: string;
  /** Base64. */
  readonly Data: string;
  /** Epoch seconds. */
  readonly ApproximateArrivalTimestamp: number;
}

/** What one record adds to an event besides its data and its key. */
const ENVELOPE_BYTES = 1024;

/** How many of the first `limit` records fit into one invocation: at least one. */
export function batchLength(records: readonly StreamRecord[], limit: number): number {
  let bytes = 0;
  let count = 0;
  for (const { Data, PartitionKey } of records.slice(0, limit)) {
    bytes += Data.length + PartitionKey.length + ENVELOPE_BYTES;
    if (bytes > MAX_PAYLOAD_BYTES && count > 0) {
      break;
    }
    count += 1;
  }
  return count;
}

/** The event of a Kinesis mapping, as JSON. */
export function kinesisEvent(
  records: readonly StreamRecord[],
  source: { readonly streamArn: string; readonly shardId: string },
): string {
  return JSON.stringify({
    Records: records.map((record) => ({
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: record.PartitionKey,
        sequenceNumber: record.SequenceNumber,
        data: record.Data,
        approximateArrivalTimestamp: record.ApproximateArrivalTimestamp,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: `${source.shardId}:${record.SequenceNumber}`,
      eventName: 'aws:kinesis:record',
      invokeIdentityArn: `arn:aws:iam::${ACCOUNT_ID}:role/local`,
      awsRegion: REGION,
      eventSourceARN: source.streamArn,
    })),
  });
}
