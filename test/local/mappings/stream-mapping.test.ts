import { callAws } from '../../../local/aws/call';
import { type Emulators, startEmulators } from '../../../local/aws/emulators';
import type { InvocationOutcome } from '../../../local/functions/invocation';
import { Checkpoints } from '../../../local/mappings/checkpoints';
import { StreamMapping, type StreamMappingSettings } from '../../../local/mappings/stream-mapping';
import { until } from '../../support/until';
import { makeJournal } from '../fixtures/assembly';
import { FakeFunction, failed, returned } from '../fixtures/fake-function';

let emulators: Emulators;
let endpoint: string;
const mappings: StreamMapping[] = [];

beforeAll(async () => {
  emulators = await startEmulators(undefined, () => undefined);
  endpoint = emulators.endpoints.kinesis;
});
afterEach(() => Promise.all(mappings.splice(0).map((mapping) => mapping.stop())));
afterAll(() => emulators.close());

const kinesis = <T = unknown>(operation: string, input: object) =>
  callAws<T>('kinesis', endpoint, operation, input);

let streams = 0;

async function makeStream(shards = 1): Promise<string> {
  streams += 1;
  const name = `stream-${streams}`;
  await kinesis('CreateStream', { StreamName: name, ShardCount: shards });
  await isActive(name);
  return name;
}

async function isActive(name: string): Promise<void> {
  await until(async () => {
    const { StreamDescription } = await kinesis<{ StreamDescription: { StreamStatus: string } }>(
      'DescribeStream',
      { StreamName: name },
    );
    return StreamDescription.StreamStatus === 'ACTIVE';
  });
}

const put = (name: string, key: string, text: string) =>
  kinesis<{ SequenceNumber: string; ShardId: string }>('PutRecord', {
    StreamName: name,
    PartitionKey: key,
    Data: Buffer.from(text).toString('base64'),
  });

interface Entry {
  readonly key: string;
  readonly text: string;
}

const entriesOf = (event: string): Entry[] =>
  JSON.parse(event).Records.map(
    ({ kinesis: record }: { kinesis: { partitionKey: string; data: string } }) => ({
      key: record.partitionKey,
      text: Buffer.from(record.data, 'base64').toString('utf8'),
    }),
  );

function map(
  streamName: string,
  rule: (entries: Entry[]) => InvocationOutcome | Promise<InvocationOutcome>,
  overrides: Partial<StreamMappingSettings> = {},
) {
  const fn = new FakeFunction((event) => rule(entriesOf(event)));
  const mapping = new StreamMapping({
    id: 'Feed',
    fn,
    endpoint,
    streamName,
    streamArn: `arn:aws:kinesis:us-east-1:000000000000:stream/${streamName}`,
    batchSize: 100,
    lanes: 10,
    bisects: true,
    reportsFailures: true,
    maximumRetries: undefined,
    checkpoints: new Checkpoints(undefined, true),
    journal: makeJournal().journal,
    ...overrides,
  });
  mapping.start();
  mappings.push(mapping);
  return { fn, mapping };
}

const success = returned({ batchItemFailures: [] });

describe('StreamMapping', () => {
  it('feeds what was there before it and what comes later, as Lambda’s event', async () => {
    const name = await makeStream();
    const { SequenceNumber, ShardId } = await put(name, 'key', 'before');
    const seen: string[] = [];
    const { fn } = map(name, (entries) => {
      seen.push(...entries.map(({ text }) => text));
      return success;
    });
    await until(() => seen.length === 1);
    await put(name, 'key', 'after');
    await until(() => seen.length === 2);
    expect(seen).toEqual(['before', 'after']);
    expect(JSON.parse(fn.events[0] ?? '').Records[0]).toMatchObject({
      eventID: `${ShardId}:${SequenceNumber}`,
      eventSource: 'aws:kinesis',
      eventSourceARN: `arn:aws:kinesis:us-east-1:000000000000:stream/${name}`,
      kinesis: {
        sequenceNumber: SequenceNumber,
        partitionKey: 'key',
        data: 'YmVmb3Jl',
        approximateArrivalTimestamp: expect.any(Number),
      },
    });
  });

  it('keeps the order of each key while keys run side by side and some attempts fail', async () => {
    const name = await makeStream(2);
    const done = new Map<string, number[]>();
    let running = 0;
    let most = 0;
    map(
      name,
      async (entries) => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
        running -= 1;
        if (Math.random() < 0.2) return failed;
        for (const { key, text } of entries) done.set(key, [...(done.get(key) ?? []), Number(text)]);
        return success;
      },
      { batchSize: 7 },
    );
    for (let index = 0; index < 30; index += 1) {
      await Promise.all(['a', 'b', 'c', 'd', 'e'].map((key) => put(name, key, String(index))));
    }
    await until(() => [...done.values()].flat().length >= 150, 25_000);
    const expected = Array.from({ length: 30 }, (_, index) => index);
    expect([...done.values()]).toEqual(Array(5).fill(expected));
    expect(most).toBeGreaterThan(1);
  });

  it('lets one bad record hold up its own lane alone, and the check-point', async () => {
    const name = await makeStream();
    const checkpoints = new Checkpoints(undefined, true);
    const first = await put(name, 'good', 'first');
    await put(name, 'bad', 'poison');
    const seen: string[] = [];
    map(
      name,
      (entries) => {
        if (entries.some(({ text }) => text === 'poison')) return failed;
        seen.push(...entries.map(({ text }) => text));
        return success;
      },
      { checkpoints },
    );
    const later = Array.from({ length: 20 }, (_, index) => String(index));
    for (const text of later) await put(name, 'good', text);
    await until(() => seen.length === 21);
    expect(seen).toEqual(['first', ...later]);
    expect(checkpoints.get('Feed', first.ShardId)).toEqual({ sequenceNumber: first.SequenceNumber });
  });

  it('reads on over a split and a merge, children only after their parents', async () => {
    const name = await makeStream();
    const seen: Entry[] = [];
    let isHeld = true;
    map(name, (entries) => {
      if (isHeld && entries.some(({ text }) => text === 'held')) return failed;
      seen.push(...entries);
      return success;
    });
    await put(name, 'k', '1');
    await put(name, 'k', 'held');
    await kinesis('SplitShard', {
      StreamName: name,
      ShardToSplit: 'shardId-000000000000',
      NewStartingHashKey: String(2n ** 127n),
    });
    await isActive(name);
    await put(name, 'k', '2');
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(seen.map(({ text }) => text)).toEqual(['1']);
    isHeld = false;
    await until(() => seen.length === 3);
    await kinesis('MergeShards', {
      StreamName: name,
      ShardToMerge: 'shardId-000000000001',
      AdjacentShardToMerge: 'shardId-000000000002',
    });
    await isActive(name);
    await put(name, 'k', '3');
    await until(() => seen.length === 4);
    expect(seen.map(({ text }) => text)).toEqual(['1', 'held', '2', '3']);
  }, 40_000);

  it('goes on from kept check-points, and from the start when it is told to rewind', async () => {
    const name = await makeStream();
    const checkpoints = new Checkpoints(undefined, false);
    const one = await put(name, 'k', 'one');
    await put(name, 'k', 'two');
    checkpoints.set('Feed', one.ShardId, { sequenceNumber: one.SequenceNumber });
    const seen: string[] = [];
    map(
      name,
      (entries) => {
        seen.push(...entries.map(({ text }) => text));
        return success;
      },
      { checkpoints },
    );
    await until(() => seen.length === 1);
    expect(seen).toEqual(['two']);
  });

  it('survives an emulator that fails for a while', async () => {
    const name = await makeStream();
    const { journal, lines } = makeJournal();
    const seen: string[] = [];
    const { mapping } = map(name, () => success, { endpoint: 'http://127.0.0.1:1', journal });
    await until(() => lines.length > 0);
    await mapping.stop();
    expect(lines.join()).toContain('listing the shards');
    expect(seen).toEqual([]);
  });

  it('stops while a record keeps failing', async () => {
    const name = await makeStream();
    await put(name, 'k', 'poison');
    const { fn, mapping } = map(name, () => failed);
    await until(() => fn.events.length > 1);
    await mapping.stop();
    const attempts = fn.events.length;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(fn.events.length).toBe(attempts);
  });
});
