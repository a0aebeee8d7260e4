import { type KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';
import type { ChangeRecord } from '../../core/change/change';
import type { ChangeStream } from '../../core/change/ports';
import { encodeRecord, type StreamPosition } from '../../core/stream-record';
import { partitionKey } from './partition-key';
import { putRecords, type StreamEntry } from './put-records';

/** A door has to answer, and still wait for outcomes, before API Gateway gives up after 29 s. */
const APPEND_MILLISECONDS = 10_000;

interface Accepted {
  readonly SequenceNumber?: string | undefined;
  readonly ShardId?: string | undefined;
}

/**
 * The changes stream on Kinesis. The user_id is the partition key, so a user's changes keep their order. The SDK
 * retries what is throttled, with back-off, four times at most (see `client-settings.ts`).
 * @param pause waits that many milliseconds.
 */
export function makeKinesisChangeStream(
  client: KinesisClient,
  streamName: string,
  pause?: (milliseconds: number) => Promise<unknown>,
): ChangeStream {
  return { append, appendMany };

  async function append(record: ChangeRecord): Promise<StreamPosition> {
    const { PartitionKey, Data } = toEntry(record);
    const position = positionOf(
      await client.send(new PutRecordCommand({ StreamName: streamName, PartitionKey, Data })),
    );
    if (position === undefined) {
      throw new Error('the stream gave no sequence number');
    }
    return position;
  }

  async function appendMany(
    records: readonly ChangeRecord[],
  ): Promise<readonly (StreamPosition | undefined)[]> {
    const { taken, failure } = await putRecords(client, streamName, records.map(toEntry), {
      deadline: Date.now() + APPEND_MILLISECONDS,
      ...(pause && { pause }),
    });
    const positions = taken.map((result) => result && positionOf(result));
    if (failure !== undefined && positions.every((position) => position === undefined)) {
      throw failure;
    }
    return positions;
  }
}

function toEntry(record: ChangeRecord): StreamEntry {
  return { PartitionKey: partitionKey(record.userId), Data: encodeRecord(record) };
}

function positionOf({ SequenceNumber, ShardId }: Accepted): StreamPosition | undefined {
  return SequenceNumber === undefined || ShardId === undefined
    ? undefined
    : { sequenceNumber: SequenceNumber, shardId: ShardId };
}
