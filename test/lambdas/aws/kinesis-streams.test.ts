import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
  type PutRecordsCommand,
  type PutRecordsCommandInput,
} from '@aws-sdk/client-kinesis';
import type { Event } from '../../../core/events/event';
import { decodeRecord } from '../../../core/stream-record';
import { makeKinesisChangeStream } from '../../../lambdas/aws/kinesis-change-stream';
import { makeKinesisEventStream } from '../../../lambdas/aws/kinesis-event-stream';
import { partitionKey } from '../../../lambdas/aws/partition-key';
import { createStream, type Emulators, kinesisClient, startEmulators } from '../../support/emulators';
import { profileWith } from '../../support/stored-profile';

const event = (id: string, size = 0): Event => ({
  id,
  topic: { door: 'system', name: 'profile.updated' },
  source: '/profiles',
  time: '2026-01-01T00:00:00.000Z',
  dataJson: JSON.stringify('x'.repeat(size)),
});
const batch = (key: string, ...ids: string[]) => ({ partitionKey: key, events: ids.map((id) => event(id)) });

/** A stream that takes or refuses each record as told, and remembers every call. */
function moodyStream(takes: (key: string, call: number) => boolean) {
  const calls: string[][] = [];
  const stored: { key: string; ids: string[] }[] = [];
  const client = {
    async send({ input }: PutRecordsCommand) {
      const { Records = [] } = input as PutRecordsCommandInput;
      calls.push(Records.map(({ PartitionKey }) => String(PartitionKey)));
      const results = Records.map(({ PartitionKey, Data }) => {
        if (!takes(String(PartitionKey), calls.length)) {
          return { ErrorCode: 'ProvisionedThroughputExceededException' };
        }
        const decoded = decodeRecord(Data as Uint8Array);
        const { events } = (decoded as { value: { events: Event[] } }).value;
        stored.push({ key: String(PartitionKey), ids: events.map(({ id }) => id) });
        return { SequenceNumber: '1' };
      });
      return { Records: results, FailedRecordCount: results.filter((one) => 'ErrorCode' in one).length };
    },
  } as unknown as KinesisClient;
  const waits: number[] = [];
  const stream = makeKinesisEventStream(client, 'events', async (milliseconds) => waits.push(milliseconds));
  const ofKey = (key: string) => stored.filter((one) => one.key === key).flatMap(({ ids }) => ids);
  return { stream, calls, stored, waits, ofKey };
}

describe('the events stream', () => {
  it('never puts two records of one key into one call', async () => {
    const { stream, calls, ofKey } = moodyStream(() => true);
    await stream.append([batch('a', '1'), batch('b', '2'), batch('a', '3'), batch('a', '4', '5')]);
    expect(calls).toEqual([['a', 'b'], ['a'], ['a']]);
    expect(ofKey('a')).toEqual(['1', '3', '4', '5']);
  });

  it('brings a record in before later ones of its key, however often it is throttled', async () => {
    const { stream, ofKey, waits } = moodyStream((key, call) => key !== 'a' || call % 3 === 0);
    await stream.append([
      batch('a', '1'),
      batch('a', '2'),
      batch('b', '3'),
      batch('b', '4'),
      batch('a', '5'),
    ]);
    expect(ofKey('a')).toEqual(['1', '2', '5']);
    expect(ofKey('b')).toEqual(['3', '4']);
    expect(waits.length).toBeGreaterThan(0);
    expect(waits.every((milliseconds) => milliseconds >= 50 && milliseconds <= 3000)).toBe(true);
  });

  it('gives up on a stream that takes nothing, so that the batch comes again', async () => {
    const { stream, calls, waits } = moodyStream(() => false);
    await expect(stream.append([batch('a', '1')])).rejects.toThrow('throttled');
    expect(calls).toHaveLength(8);
    expect(waits.reduce((sum, each) => sum + each, 0)).toBeLessThan(20_000);
  });

  it('sends 500 records at most in a call', async () => {
    const { stream, calls, stored } = moodyStream(() => true);
    await stream.append(Array.from({ length: 1201 }, (_, index) => batch(`user-${index}`, `${index}`)));
    expect(calls.map((call) => call.length)).toEqual([500, 500, 201]);
    expect(stored).toHaveLength(1201);
  });

  it('sends 5 MB at most in a call', async () => {
    const sizes: number[] = [];
    const client = {
      async send({ input }: PutRecordsCommand) {
        const records = (input as PutRecordsCommandInput).Records ?? [];
        sizes.push(records.reduce((sum, { Data }) => sum + (Data?.length ?? 0), 0));
        return { Records: records.map(() => ({ SequenceNumber: '1' })) };
      },
    } as unknown as KinesisClient;
    // Text that gzip cannot shrink to nothing: 900 kB of different numbers.
    const dataJson = JSON.stringify(Array.from({ length: 80_000 }, (_, index) => Math.sin(index)));
    const events = [{ ...event('large'), dataJson }];
    await makeKinesisEventStream(client, 'events').append(
      Array.from({ length: 12 }, (_, index) => ({ partitionKey: `user-${index}`, events })),
    );
    expect(sizes.length).toBeGreaterThan(1);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(5 * 1024 * 1024);
  });

  it('makes no call for nothing', async () => {
    const { stream, calls } = moodyStream(() => true);
    await stream.append([]);
    expect(calls).toEqual([]);
  });
});

describe('a partition key', () => {
  it.each(['', 'x'.repeat(201), 'ü'.repeat(101)])('is hashed when Kinesis would refuse it: %#', (text) => {
    expect(partitionKey(text)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is the text itself otherwise', () => {
    expect(partitionKey('ad|Mozilla-LDAP|jörg')).toBe('ad|Mozilla-LDAP|jörg');
    expect(partitionKey('x'.repeat(200))).toBe('x'.repeat(200));
  });
});

describe('on Kinesis', () => {
  let emulators: Emulators;
  let client: KinesisClient;
  beforeAll(async () => {
    emulators = await startEmulators();
    await createStream(emulators.kinesisUrl, 'changes', 2);
    client = kinesisClient(emulators.kinesisUrl);
  });
  afterAll(async () => {
    client.destroy();
    await emulators.stop();
  });

  async function readAll(StreamName: string) {
    const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName }));
    const read = Shards.map(async ({ ShardId }) => {
      const { ShardIterator } = await client.send(
        new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
      );
      const { Records = [] } = await client.send(new GetRecordsCommand({ ShardIterator }));
      return Records.map((record) => ({ ...record, ShardId }));
    });
    return (await Promise.all(read)).flat();
  }

  it('a change is in the stream when its number is told, and a user keeps one shard and its order', async () => {
    const stream = makeKinesisChangeStream(client, 'changes');
    const positions = [];
    for (const userId of ['ad|a', 'ad|b', `ad|${'long'.repeat(100)}`, 'ad|a', 'ad|a']) {
      positions.push({
        userId,
        ...(await stream.append({
          v: 1,
          kind: 'change',
          userId,
          acceptedAt: '2026-01-01T00:00:00.000Z',
          profile: profileWith({ user_id: userId }),
        })),
      });
    }
    const records = await readAll('changes');
    const found = positions.map(({ userId, sequenceNumber, shardId }) =>
      records.find(
        (record) =>
          record.SequenceNumber === sequenceNumber &&
          record.ShardId === shardId &&
          (decodeRecord(record.Data as Uint8Array) as { value: { userId: string } }).value.userId === userId,
      ),
    );
    expect(found.every((record) => record !== undefined)).toBe(true);
    const ofA = positions.filter(({ userId }) => userId === 'ad|a');
    expect(new Set(ofA.map(({ shardId }) => shardId)).size).toBe(1);
    const numbers = ofA.map(({ sequenceNumber }) => BigInt(sequenceNumber));
    expect(numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0n))).toBe(true);
  });

  it('a stream that is not there is a failure, not a refusal', async () => {
    const stream = makeKinesisChangeStream(client, 'missing');
    const record = { v: 1, kind: 'change', userId: 'a', acceptedAt: '', profile: {} } as const;
    await expect(stream.append(record)).rejects.not.toHaveProperty('status');
  });
});
