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
import { makeKinesisEventIntake, makeKinesisEventStream } from '../../../lambdas/aws/kinesis-event-stream';
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
  return { client, stream, calls, stored, waits, ofKey };
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

describe('the intake of events', () => {
  const failures: unknown[] = [];
  const intakeOf = (client: KinesisClient) =>
    makeKinesisEventIntake(client, 'events', (failure) => failures.push(failure));
  beforeEach(() => {
    failures.length = 0;
  });

  it('says of each batch that the stream has it', async () => {
    const { client, ofKey } = moodyStream((_, call) => call > 1);
    expect(await intakeOf(client).offer([batch('a', '1', '2'), batch('a', '3')])).toEqual(['taken', 'taken']);
    expect(ofKey('a')).toEqual(['1', '2', '3']);
    expect(await intakeOf(client).offer([])).toEqual([]);
  });

  it('gives up on a throttled batch long before the stream does, and takes nothing behind it', async () => {
    const { client, calls, ofKey } = moodyStream((_, call) => call === 1);
    const outcomes = await intakeOf(client).offer([batch('a', '1'), batch('a', '2'), batch('a', '3')]);
    expect(outcomes).toEqual(['taken', 'throttled', 'throttled']);
    expect(ofKey('a')).toEqual(['1']);
    expect(calls.length).toBeLessThan(8);
    expect(failures).toEqual([]);
  });

  it('says that it does not know what a call has done that failed, and tells why', async () => {
    let calls = 0;
    const cut = new Error('the connection was cut');
    const { client } = moodyStream(() => true);
    const cutting = {
      send: async (command: PutRecordsCommand) => {
        calls += 1;
        return calls === 2 ? Promise.reject(cut) : client.send(command);
      },
    } as unknown as KinesisClient;
    expect(await intakeOf(cutting).offer([batch('a', '1'), batch('a', '2')])).toEqual(['taken', 'failed']);
    expect(failures).toEqual([cut]);
  });
});

describe('many changes', () => {
  const change = (userId: string, acceptedAt = '') =>
    ({ v: 1, kind: 'change', userId, acceptedAt, profile: {} }) as const;

  /** Gives numbers in the order of arrival; `answer` may refuse a record or throw for a call. */
  function numberingStream(answer: (key: string, call: number) => boolean) {
    const calls: string[][] = [];
    const stored: string[] = [];
    const client = {
      async send({ input }: PutRecordsCommand) {
        const { Records = [] } = input as PutRecordsCommandInput;
        calls.push(Records.map(({ PartitionKey }) => String(PartitionKey)));
        return {
          Records: Records.map(({ PartitionKey, Data }) => {
            if (!answer(String(PartitionKey), calls.length)) {
              return { ErrorCode: 'InternalFailure' };
            }
            const { value } = decodeRecord(Data as Uint8Array) as {
              value: { userId: string; acceptedAt: string };
            };
            stored.push(`${value.userId}${value.acceptedAt}`);
            return { SequenceNumber: String(stored.length), ShardId: 's' };
          }),
        };
      },
    } as unknown as KinesisClient;
    const stream = makeKinesisChangeStream(client, 'changes', async () => undefined);
    return { stream, calls, stored };
  }

  const numbers = (positions: readonly ({ sequenceNumber: string } | undefined)[]) =>
    positions.map((position) => position?.sequenceNumber);

  it('come back in the order given, though two of one user never share a call', async () => {
    const { stream, calls, stored } = numberingStream(() => true);
    const records = [change('a', '1'), change('b'), change('a', '2'), change('c'), change('a', '3')];
    expect(numbers(await stream.appendMany(records))).toEqual(['1', '2', '4', '3', '5']);
    expect(calls).toEqual([['a', 'b', 'c'], ['a'], ['a']]);
    expect(stored).toEqual(['a1', 'b', 'c', 'a2', 'a3']);
  });

  it('are tried again one by one, each with one number and its place', async () => {
    const { stream, stored } = numberingStream((key, call) => key !== 'a' || call % 2 === 0);
    const records = [change('a', '1'), change('b'), change('a', '2')];
    const positions = await stream.appendMany(records);
    expect(
      positions.every((position, index) => {
        const { userId, acceptedAt } = records[index] as (typeof records)[number];
        return position && stored[Number(position.sequenceNumber) - 1] === `${userId}${acceptedAt}`;
      }),
    ).toBe(true);
    expect(stored).toHaveLength(3);
  });

  it('are left without a number where the stream never took them, later ones of the user too', async () => {
    const { stream } = numberingStream((key) => key !== 'a');
    const positions = await stream.appendMany([change('a', '1'), change('b'), change('a', '2')]);
    expect(numbers(positions)).toEqual([undefined, '1', undefined]);
  });

  it('that are half in when the stream goes away keep the numbers that are known', async () => {
    const { stream } = numberingStream((_, call) => {
      if (call > 1) {
        throw new Error('away');
      }
      return true;
    });
    const positions = await stream.appendMany([change('a', '1'), change('a', '2')]);
    expect(numbers(positions)).toEqual(['1', undefined]);
  });

  it('are a failure when none of them is known to be in', async () => {
    const never = numberingStream(() => false);
    await expect(never.stream.appendMany([change('a')])).rejects.toThrow('throttled');
    const away = numberingStream(() => {
      throw new Error('away');
    });
    await expect(away.stream.appendMany([change('a')])).rejects.toThrow('away');
    expect(away.calls).toHaveLength(1);
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

  it('a batch of hundreds is in the stream, a number for each, users in order', async () => {
    const stream = makeKinesisChangeStream(client, 'changes');
    const records = Array.from({ length: 300 }, (_, index) => {
      const userId = `batch|${index % 100}`;
      const profile = profileWith({ user_id: userId, first_name: String(index) });
      return { v: 1, kind: 'change', userId, acceptedAt: '2026-01-01T00:00:00.000Z', profile } as const;
    });
    const positions = await stream.appendMany(records);
    const found = new Map(
      (await readAll('changes')).map(({ ShardId, SequenceNumber, Data }) => [
        `${ShardId} ${SequenceNumber}`,
        (decodeRecord(Data as Uint8Array) as { value: unknown }).value,
      ]),
    );
    const read = positions.map((position) => found.get(`${position?.shardId} ${position?.sequenceNumber}`));
    expect(read).toEqual(records);
    const places = positions.map((position) => BigInt(position?.sequenceNumber ?? 0));
    expect(new Set(places).size).toBe(300);
    expect(places.every((place, index) => index < 100 || place > (places[index - 100] ?? 0n))).toBe(true);
  });

  it('a stream that is not there is a failure, not a refusal', async () => {
    const stream = makeKinesisChangeStream(client, 'missing');
    const record = { v: 1, kind: 'change', userId: 'a', acceptedAt: '', profile: {} } as const;
    await expect(stream.append(record)).rejects.not.toHaveProperty('status');
  });
});
