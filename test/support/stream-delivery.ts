import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';
import type { KinesisStreamEvent } from 'aws-lambda';

/** Everything in a stream of one shard so far, as Lambda delivers it. */
export async function deliveryOf(kinesis: KinesisClient, StreamName: string): Promise<KinesisStreamEvent> {
  const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName }));
  const ShardId = Shards[0]?.ShardId;
  const { ShardIterator } = await kinesis.send(
    new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
  );
  const { Records = [] } = await kinesis.send(new GetRecordsCommand({ ShardIterator }));
  return {
    Records: Records.map(({ SequenceNumber, PartitionKey, Data, ApproximateArrivalTimestamp }) => ({
      eventID: `${ShardId}:${SequenceNumber}`,
      kinesis: {
        sequenceNumber: SequenceNumber,
        partitionKey: PartitionKey,
        data: Buffer.from(Data as Uint8Array).toString('base64'),
        approximateArrivalTimestamp: Number(ApproximateArrivalTimestamp) / 1000,
      },
    })),
  } as unknown as KinesisStreamEvent;
}
