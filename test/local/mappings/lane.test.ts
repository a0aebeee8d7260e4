import fc from 'fast-check';
import type { InvocationOutcome } from '../../../local/functions/invocation';
import { Lane, type LaneSettings } from '../../../local/mappings/lane';
import { ShardProgress } from '../../../local/mappings/shard-progress';
import { batchLength, type StreamRecord } from '../../../local/mappings/stream-batch';
import { until } from '../../support/until';
import { makeJournal } from '../fixtures/assembly';
import { FakeFunction, failed, returned } from '../fixtures/fake-function';

const record = (sequence: number): StreamRecord => ({
  SequenceNumber: String(sequence),
  PartitionKey: 'key',
  Data: Buffer.from(String(sequence)).toString('base64'),
  ApproximateArrivalTimestamp: 1,
});

const sequencesOf = (event: string): number[] =>
  JSON.parse(event).Records.map((entry: { kinesis: { sequenceNumber: string } }) =>
    Number(entry.kinesis.sequenceNumber),
  );

function makeLane(rule: (sequences: number[]) => InvocationOutcome, settings: Partial<LaneSettings> = {}) {
  const ended: number[] = [];
  const abort = new AbortController();
  const fn = new FakeFunction((event) => rule(sequencesOf(event)));
  const lane = new Lane(
    {
      fn,
      source: { streamArn: 'arn', shardId: 'shardId-0' },
      batchSize: 100,
      bisects: true,
      reportsFailures: true,
      maximumRetries: undefined,
      journal: makeJournal().journal,
      signal: abort.signal,
      ...settings,
    },
    (one) => ended.push(Number(one.SequenceNumber)),
  );
  const batches = () => fn.events.map(sequencesOf);
  return { lane, ended, abort, batches };
}

const range = (length: number) => Array.from({ length }, (_, index) => index);
const success = returned({ batchItemFailures: [] });

describe('Lane', () => {
  it('hands over records in order, a batch at a time', async () => {
    const { lane, ended, batches } = makeLane(() => success, { batchSize: 4 });
    for (const sequence of range(10)) lane.add(record(sequence));
    await until(() => ended.length === 10);
    expect(batches()).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
  });

  it('isolates a poison record by halving, and loses none of its neighbours', async () => {
    const { lane, ended, abort, batches } = makeLane((sequences) =>
      sequences.includes(5) ? failed : success,
    );
    for (const sequence of range(8)) lane.add(record(sequence));
    await until(() => batches().filter(([only]) => only === 5).length >= 2);
    expect(ended).toEqual([0, 1, 2, 3, 4]);
    expect(batches().slice(0, 5)).toEqual([range(8), [0, 1, 2, 3], [4, 5, 6, 7], [4, 5], [4]]);
    abort.abort();
    await lane.settled();
  });

  it('goes on behind a poison record once the function can take it', async () => {
    let failures = 0;
    const { lane, ended } = makeLane((sequences) => {
      const isPoison = sequences.includes(2) && failures < 6;
      failures += isPoison ? 1 : 0;
      return isPoison ? failed : success;
    });
    for (const sequence of range(6)) lane.add(record(sequence));
    await until(() => ended.length === 6);
    expect(ended).toEqual(range(6));
  });

  it('goes on from the first record that the function reports, without halving', async () => {
    const attempts: number[][] = [];
    const { lane, ended } = makeLane((sequences) => {
      attempts.push(sequences);
      return attempts.length === 1
        ? returned({ batchItemFailures: [{ itemIdentifier: '4' }, { itemIdentifier: '3' }] })
        : success;
    });
    for (const sequence of range(6)) lane.add(record(sequence));
    await until(() => ended.length === 6);
    expect(attempts).toEqual([range(6), [3, 4, 5]]);
  });

  it('takes a report about a foreign record for the failure of all', async () => {
    let attempts = 0;
    const { lane, ended } = makeLane(() => {
      attempts += 1;
      return attempts === 1 ? returned({ batchItemFailures: [{ itemIdentifier: 'foreign' }] }) : success;
    });
    for (const sequence of range(2)) lane.add(record(sequence));
    await until(() => ended.length === 2);
    expect(attempts).toBe(3);
  });

  it('gives up after the retries that the mapping allows', async () => {
    const { lane, ended, batches } = makeLane(() => failed, { bisects: false, maximumRetries: 1 });
    for (const sequence of range(2)) lane.add(record(sequence));
    await until(() => ended.length === 2);
    expect(batches()).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  it('ends nothing after it was aborted', async () => {
    const { lane, ended, abort } = makeLane(() => failed);
    lane.add(record(1));
    abort.abort();
    await lane.settled();
    expect(ended).toEqual([]);
  });

  it('ends every record once and in order, whatever fails for a while', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.constantFrom('fail', 'first', 'last', 'succeed'), { maxLength: 4 }),
        async (count, script) => {
          const steps = [...script];
          const { lane, ended } = makeLane((sequences) => {
            const step = steps.shift();
            const reported = step === 'first' ? sequences[0] : sequences.at(-1);
            return step === 'fail'
              ? failed
              : step === undefined || step === 'succeed'
                ? success
                : returned({ batchItemFailures: [{ itemIdentifier: String(reported) }] });
          });
          for (const sequence of range(count)) lane.add(record(sequence));
          await until(() => ended.length >= count);
          expect(ended).toEqual(range(count));
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe('batchLength', () => {
  it('fits a batch into one invocation, one record at least', () => {
    const large = { ...record(1), Data: 'x'.repeat(1_400_000) };
    expect(batchLength([large, large, large, large, large, large], 100)).toBe(4);
    expect(batchLength([{ ...large, Data: 'x'.repeat(7_000_000) }, large], 100)).toBe(1);
    expect(batchLength(range(500).map(record), 100)).toBe(100);
  });
});

describe('ShardProgress', () => {
  it('never moves the check-point over a record that has not ended', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(range(12), { minLength: 12 }), fc.nat(11), (order, until_) => {
        const progress = new ShardProgress('start');
        const records = range(12).map(record);
        for (const one of records) progress.begin(one);
        const ended = new Set(order.slice(0, until_));
        for (const index of order.slice(0, until_)) progress.end(record(index));
        const firstOpen = range(12).findIndex((index) => !ended.has(index));
        expect(progress.checkpoint).toBe(firstOpen === 0 ? 'start' : String(firstOpen - 1));
        expect(progress.outstanding).toBe(12 - firstOpen);
      }),
    );
  });
});
