import { batchLength, kinesisEvent, type StreamRecord } from '../../local/mappings/stream-batch';
import type { BatchInvoker } from './function-access';
import type { Shard, StreamReader } from './stream-access';

/** As the mappings of the stack have it. */
const BATCH_SIZE = 100;

/** What fails is a store that throttles, mostly: it is tried so often. */
const TRIES = 3;

export interface RewindProgress {
  readonly shards: number;
  readonly shardsDone: number;
  readonly records: number;
  readonly batches: number;
  /** Epoch milliseconds: up to where every shard that is being read has got at least. */
  readonly reached: number;
}

/** A batch that the function did not take, however often it was tried. */
export interface RewindStop {
  readonly shardId: string;
  readonly sequenceNumber: string;
  /** Epoch milliseconds: what came before has been processed in this shard. */
  readonly arrivedAt: number;
  readonly reason: string;
}

export interface RewindResult extends Omit<RewindProgress, 'reached'> {
  readonly stopped?: RewindStop;
}

/**
 * Reads a stream again from a time to where it was when this began, and hands it to its function as the mapping did:
 * a shard after those that it was split or merged from, a shard's records in order. The mapping goes on meanwhile.
 * @param options.since epoch milliseconds.
 * @param options.until epoch milliseconds: what came later the mapping reads anyway.
 * @param options.invoke `undefined` counts only.
 * @param options.pause waits that many milliseconds.
 */
export async function rewindStream(options: {
  readonly stream: StreamReader;
  readonly since: number;
  readonly until: number;
  readonly invoke: BatchInvoker | undefined;
  readonly onProgress: (progress: RewindProgress) => void;
  readonly pause: (milliseconds: number) => Promise<void>;
}): Promise<RewindResult> {
  const { stream, since, until, onProgress } = options;
  const { arn, shards } = await stream.describe();
  let counts = { shards: shards.length, shardsDone: 0, records: 0, batches: 0 };
  for (const shard of parentsFirst(shards)) {
    for await (const page of stream.read(shard.id, since)) {
      const wanted = page.filter((record) => isWithin(record, since, until));
      for (const batch of batchesOf(wanted)) {
        const reason = await hand(batch, { streamArn: arn, shardId: shard.id }, options);
        if (reason !== undefined) {
          return { ...counts, stopped: stopAt(batch[0] as StreamRecord, shard, reason) };
        }
        counts = { ...counts, records: counts.records + batch.length, batches: counts.batches + 1 };
        onProgress({ ...counts, reached: arrivalOf(batch.at(-1) as StreamRecord) });
      }
      if (page.some((record) => arrivalOf(record) > until)) {
        break;
      }
    }
    counts = { ...counts, shardsDone: counts.shardsDone + 1 };
  }
  return counts;
}

/** Each shard after its parents; a stream has as many generations as it was resharded within its retention. */
function parentsFirst(shards: readonly Shard[]): readonly Shard[] {
  const ordered: Shard[] = [];
  const done = new Set<string>();
  let waiting = [...shards];
  while (waiting.length > 0) {
    const ready = waiting.filter(({ parents }) => parents.every((parent) => done.has(parent)));
    if (ready.length === 0) {
      throw new Error('the shards of the stream descend from each other in a circle');
    }
    for (const shard of ready) {
      done.add(shard.id);
    }
    ordered.push(...ready);
    waiting = waiting.filter(({ id }) => !done.has(id));
  }
  return ordered;
}

/** An iterator at a time may begin a little before it. */
function isWithin(record: StreamRecord, since: number, until: number): boolean {
  return arrivalOf(record) >= since && arrivalOf(record) <= until;
}

function* batchesOf(records: readonly StreamRecord[]): Generator<readonly StreamRecord[]> {
  for (let from = 0; from < records.length; ) {
    const rest = records.slice(from, from + BATCH_SIZE);
    const length = batchLength(rest, BATCH_SIZE);
    yield rest.slice(0, length);
    from += length;
  }
}

/** @returns why the function did not take the batch; `undefined` when it did. */
async function hand(
  batch: readonly StreamRecord[],
  source: { readonly streamArn: string; readonly shardId: string },
  { invoke, pause }: Pick<Parameters<typeof rewindStream>[0], 'invoke' | 'pause'>,
): Promise<string | undefined> {
  if (invoke === undefined) {
    return undefined;
  }
  const event = kinesisEvent(batch, source);
  for (let tries = 1; ; tries += 1) {
    const ending = await invoke(event);
    if (ending.state === 'processed') {
      return undefined;
    }
    if (tries === TRIES) {
      return ending.reason;
    }
    await pause(1000 * 2 ** (tries - 1));
  }
}

function stopAt(record: StreamRecord, { id }: Shard, reason: string): RewindStop {
  return { shardId: id, sequenceNumber: record.SequenceNumber, arrivedAt: arrivalOf(record), reason };
}

/** Epoch milliseconds. */
function arrivalOf({ ApproximateArrivalTimestamp: seconds }: StreamRecord): number {
  return Math.round(seconds * 1000);
}
