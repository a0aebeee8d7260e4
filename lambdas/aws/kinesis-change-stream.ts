import { type KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';
import type { ChangeRecord } from '../../core/change/change';
import type { ChangeStream, StreamPosition } from '../../core/change/ports';
import { encodeRecord } from '../../core/stream-record';
import { partitionKey } from './partition-key';

/**
 * The changes stream on Kinesis. The user_id is the partition key, so a user's changes keep their order. The SDK
 * retries what is throttled, with back-off, four times at most (see `clients.ts`).
 */
export function makeKinesisChangeStream(client: KinesisClient, streamName: string): ChangeStream {
  return {
    async append(record: ChangeRecord): Promise<StreamPosition> {
      const { SequenceNumber, ShardId } = await client.send(
        new PutRecordCommand({
          StreamName: streamName,
          PartitionKey: partitionKey(record.userId),
          Data: encodeRecord(record),
        }),
      );
      if (SequenceNumber === undefined || ShardId === undefined) {
        throw new Error('the stream gave no sequence number');
      }
      return { sequenceNumber: SequenceNumber, shardId: ShardId };
    },
  };
}
