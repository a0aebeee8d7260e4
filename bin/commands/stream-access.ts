import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  type Shard as ListedShard,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { StreamRecord } from '../../local/mappings/stream-batch';

export interface Shard {
  readonly id: string;
  /** Those that it was split or merged from, as far as the stream still has them. */
  readonly parents: readonly string[];
}

/** What reading a stream again needs of it. */
export interface StreamReader {
  describe(): Promise<{ readonly arn: string; readonly shards: readonly Shard[] }>;
  /**
   * The records of a shard, page by page, from a time to what it has taken by the end; pages may be empty.
   * @param since epoch milliseconds.
   */
  read(shardId: string, since: number): AsyncIterable<readonly StreamRecord[]>;
}

/** How to reach a service: the caller's own credentials and region, or an emulator of this machine. */
export interface ServiceEndpoint {
  readonly endpoint?: string;
}

/** A shard gives five reads a second to all who poll it: the mapping, too, has to live. */
const PAUSE_MILLISECONDS = 250;

/** Ten megabytes at most come with a page. */
const RECORDS_PER_PAGE = 1000;

export function openStream(streamName: string, at: ServiceEndpoint): StreamReader {
  const client = new KinesisClient(clientSettings(at));
  return { describe, read };

  async function describe() {
    const { StreamDescriptionSummary } = await client.send(
      new DescribeStreamSummaryCommand({ StreamName: streamName }),
    );
    const shards = await listShards();
    const known = new Set(shards.map(({ ShardId }) => ShardId));
    return {
      arn: StreamDescriptionSummary?.StreamARN ?? '',
      shards: shards.map(({ ShardId = '', ParentShardId, AdjacentParentShardId }) => ({
        id: ShardId,
        parents: [ParentShardId, AdjacentParentShardId].filter(
          (parent): parent is string => parent !== undefined && known.has(parent),
        ),
      })),
    };
  }

  /** A token names the stream: a call takes one or the other. */
  async function listShards(): Promise<readonly ListedShard[]> {
    const shards: ListedShard[] = [];
    let next: string | undefined;
    do {
      const page = await client.send(
        new ListShardsCommand(next === undefined ? { StreamName: streamName } : { NextToken: next }),
      );
      shards.push(...(page.Shards ?? []));
      next = page.NextToken;
    } while (next !== undefined);
    return shards;
  }

  async function* read(shardId: string, since: number): AsyncGenerator<readonly StreamRecord[]> {
    const { ShardIterator } = await client.send(
      new GetShardIteratorCommand({
        StreamName: streamName,
        ShardId: shardId,
        ShardIteratorType: 'AT_TIMESTAMP',
        Timestamp: new Date(since),
      }),
    );
    let iterator = ShardIterator;
    while (iterator !== undefined) {
      const page = await client.send(
        new GetRecordsCommand({ ShardIterator: iterator, Limit: RECORDS_PER_PAGE }),
      );
      const records = page.Records ?? [];
      yield records.map((record) => ({
        SequenceNumber: record.SequenceNumber ?? '',
        PartitionKey: record.PartitionKey ?? '',
        Data: Buffer.from(record.Data ?? []).toString('base64'),
        ApproximateArrivalTimestamp: (record.ApproximateArrivalTimestamp?.getTime() ?? 0) / 1000,
      }));
      // A page may be empty although there is more: it says how far behind it is.
      const isAtEnd = records.length === 0 && (page.MillisBehindLatest ?? 0) === 0;
      iterator = isAtEnd ? undefined : page.NextShardIterator;
      if (iterator !== undefined && at.endpoint === undefined) {
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
      }
    }
  }
}

/** An emulator takes any credentials, and knows one region; the stream's speaks HTTP/1.1 alone, as AWS does too. */
export function clientSettings({ endpoint }: ServiceEndpoint, requestTimeout?: number) {
  return {
    requestHandler: new NodeHttpHandler(requestTimeout === undefined ? {} : { requestTimeout }),
    ...(endpoint !== undefined && {
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    }),
  };
}
