import { type RewindResult, rewindStream } from '../../../bin/commands/rewind-stream';
import type { Shard } from '../../../bin/commands/stream-access';
import type { StreamRecord } from '../../../local/mappings/stream-batch';

const SINCE = Date.parse('2026-11-20T10:00:00.000Z');
const UNTIL = SINCE + 3600_000;

const record = (number: number, arrivedAt: number, bytes = 10): StreamRecord => ({
  SequenceNumber: String(number),
  PartitionKey: 'key',
  Data: Buffer.alloc(bytes).toString('base64'),
  ApproximateArrivalTimestamp: arrivedAt / 1000,
});

const span = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => record(from + index, SINCE + index));

interface Given {
  readonly shard: string;
  readonly numbers: readonly number[];
}

async function rewind(
  shards: Readonly<Record<string, { parents?: string[]; pages: StreamRecord[][] }>>,
  options: { failsAt?: number; failures?: number; isDryRun?: boolean } = {},
): Promise<{ result: RewindResult; given: Given[]; pauses: number[] }> {
  const given: Given[] = [];
  const pauses: number[] = [];
  let failures = options.failures ?? Number.POSITIVE_INFINITY;
  const result = await rewindStream({
    stream: {
      describe: async () => ({
        arn: 'arn:aws:kinesis:eu-central-1:1:stream/s',
        shards: Object.entries(shards).map(([id, { parents = [] }]): Shard => ({ id, parents })),
      }),
      async *read(shardId, since) {
        expect(since).toBe(SINCE);
        yield* shards[shardId]?.pages ?? [];
      },
    },
    since: SINCE,
    until: UNTIL,
    invoke: options.isDryRun
      ? undefined
      : async (event) => {
          const { Records } = JSON.parse(event);
          const numbers = Records.map((one: { kinesis: { sequenceNumber: string } }) =>
            Number(one.kinesis.sequenceNumber),
          );
          if (options.failsAt !== undefined && numbers.includes(options.failsAt) && failures > 0) {
            failures -= 1;
            return { state: 'failed', reason: 'TypeError' };
          }
          given.push({ shard: Records[0].eventID.split(':')[0], numbers });
          return { state: 'processed' };
        },
    onProgress: () => undefined,
    pause: async (milliseconds) => void pauses.push(milliseconds),
  });
  return { result, given, pauses };
}

describe('rewindStream', () => {
  it('hands the records over in order, a hundred at a time', async () => {
    const { result, given } = await rewind({ a: { pages: [span(1, 250), [], span(251, 30)] } });
    expect(given.map(({ numbers }) => numbers.length)).toEqual([100, 100, 50, 30]);
    expect(given.flatMap(({ numbers }) => numbers)).toEqual(Array.from({ length: 280 }, (_, at) => at + 1));
    expect(result).toEqual({ shards: 1, shardsDone: 1, records: 280, batches: 4 });
  });

  it('makes no batch that an invocation does not take', async () => {
    const large = Array.from({ length: 9 }, (_, index) => record(index + 1, SINCE, 1_000_000));
    const { given } = await rewind({ a: { pages: [large] } });
    expect(given.map(({ numbers }) => numbers)).toEqual([[1, 2, 3, 4], [5, 6, 7, 8], [9]]);
  });

  it('reads children after their parents, wherever they are listed', async () => {
    const { given } = await rewind({
      merged: { parents: ['left', 'right'], pages: [span(5, 1)] },
      left: { parents: ['root'], pages: [span(2, 1)] },
      root: { pages: [span(1, 1)] },
      right: { parents: ['root'], pages: [span(3, 1)] },
    });
    const order = given.map(({ shard }) => shard);
    expect(order[0]).toBe('root');
    expect(order.at(-1)).toBe('merged');
    expect([...order].sort()).toEqual(['left', 'merged', 'right', 'root']);
  });

  it('leaves out what is older than asked for, and what came after it began', async () => {
    const pages = [
      [record(1, SINCE - 1), record(2, SINCE), record(3, UNTIL)],
      [record(4, UNTIL + 1), record(5, UNTIL + 2)],
      [record(6, UNTIL + 3)],
    ];
    const { result, given } = await rewind({ a: { pages } });
    expect(given.flatMap(({ numbers }) => numbers)).toEqual([2, 3]);
    expect(result).toMatchObject({ records: 2, shardsDone: 1 });
  });

  it('tries a batch again that failed, and goes on', async () => {
    const { result, given, pauses } = await rewind(
      { a: { pages: [span(1, 250)] } },
      { failsAt: 150, failures: 2 },
    );
    expect(given.flatMap(({ numbers }) => numbers)).toHaveLength(250);
    expect(pauses).toEqual([1000, 2000]);
    expect(result.stopped).toBeUndefined();
  });

  it('stops at a batch that keeps failing, and says where', async () => {
    const shards = { a: { pages: [span(1, 250)] }, b: { parents: ['a'], pages: [span(300, 5)] } };
    const { result, given } = await rewind(shards, { failsAt: 150 });
    expect(given.flatMap(({ numbers }) => numbers)).toHaveLength(100);
    expect(result).toEqual({
      shards: 2,
      shardsDone: 0,
      records: 100,
      batches: 1,
      stopped: { shardId: 'a', sequenceNumber: '101', arrivedAt: SINCE + 100, reason: 'TypeError' },
    });
  });

  it('hands over nothing in a dry run, and counts the same', async () => {
    const shards = { a: { pages: [span(1, 250)] } };
    const counted = await rewind(shards, { isDryRun: true });
    expect(counted.given).toEqual([]);
    expect(counted.result).toEqual((await rewind(shards)).result);
  });
});
