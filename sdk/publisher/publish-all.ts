import { inParallel } from '../../core/in-parallel';
import type { PartialProfile } from '../../core/person/profile';
import { openBulkDoor } from './bulk-door';
import type { CallOptions, ChangeClient } from './change-client';
import { changeFingerprint } from './change-fingerprint';
import type { PublishedChange } from './replies';
import type { RunJournal } from './run-journal';

export interface PublishProgress {
  readonly total: number;
  /** By this run. */
  readonly accepted: number;
  readonly refused: number;
  /** Accepted by an earlier run, as the journal says; not sent again. */
  readonly resumed: number;
}

export interface PublishAllOptions extends CallOptions {
  /** Calls at a time. @default 4 */
  readonly concurrency?: number;
  /** Changes in a call, at most. @default 50 */
  readonly batchSize?: number;
  /** Makes the run resumable. */
  readonly journal?: RunJournal;
  /** Hears of each call that was answered. */
  readonly onProgress?: (progress: PublishProgress) => void;
}

/** A call's body stays well below what the server takes (5 MB). */
const MAX_BATCH_BYTES = 2 * 1024 * 1024;

interface Item {
  readonly index: number;
  readonly change: PartialProfile;
  readonly bytes: number;
  readonly key: string;
}

/**
 * Sends many changes, in batches and side by side. Changes of one user keep their order: the next is sent when the
 * one before has been answered.
 *
 * With a journal the run can be repeated after a crash, with the changes built anew: what was accepted is not sent
 * again, but for the calls that were under way, which the server takes as changes that alter nothing. Compare
 * {@link ChangeClient.publish}.
 * @returns what became of each, in the order of `changes`. A refused one does not stop the others.
 * @throws PublisherError when the server fails or does not let the caller in; nothing new is begun then.
 */
export async function publishAll(
  client: ChangeClient,
  changes: readonly PartialProfile[],
  options: PublishAllOptions = {},
): Promise<readonly PublishedChange[]> {
  const { concurrency = 4, batchSize = 50, journal, onProgress, signal } = options;
  const results = new Array<PublishedChange>(changes.length);
  const progress = { total: changes.length, accepted: 0, refused: 0, resumed: 0 };
  const door = openBulkDoor(client, signal ? { signal } : {});
  for (const round of inRounds(changes)) {
    const left = await withoutResumed(round);
    await inParallel(concurrency, inBatches(left, batchSize), sendBatch);
  }
  return results;

  async function withoutResumed(round: readonly Item[]): Promise<Item[]> {
    const left: Item[] = [];
    for (const item of round) {
      const sequenceNumber = await journal?.find(item.key);
      if (sequenceNumber === undefined) {
        left.push(item);
      } else {
        results[item.index] = { state: 'accepted', sequenceNumber };
        progress.resumed += 1;
      }
    }
    if (left.length < round.length) {
      onProgress?.({ ...progress });
    }
    return left;
  }

  async function sendBatch(batch: readonly Item[]): Promise<void> {
    // What is answered is recorded at once: a batch may be answered part by part.
    for await (const answered of door.send(batch)) {
      await journal?.record(
        answered.flatMap(([{ key }, one]) =>
          one.state === 'accepted' ? [{ key, sequenceNumber: one.sequenceNumber }] : [],
        ),
      );
      for (const [{ index }, one] of answered) {
        results[index] = one;
        progress[one.state] += 1;
      }
      onProgress?.({ ...progress });
    }
  }
}

/** The first change of every user, then the second of those who have one, and so on. */
function inRounds(changes: readonly PartialProfile[]): Item[][] {
  const rounds: Item[][] = [];
  const perUser = new Map<string, number>();
  const perKey = new Map<string, number>();
  for (const [index, change] of changes.entries()) {
    const round = countUp(perUser, change.user_id?.value ?? '');
    const fingerprint = changeFingerprint(change);
    // There and back and there again: the same change, twice meant.
    const key = `${fingerprint}.${countUp(perKey, fingerprint)}`;
    rounds[round] ??= [];
    rounds[round].push({ index, change, bytes: Buffer.byteLength(JSON.stringify(change)), key });
  }
  return rounds;
}

/** @returns how often the name came before. */
function countUp(counts: Map<string, number>, name: string): number {
  const before = counts.get(name) ?? 0;
  counts.set(name, before + 1);
  return before;
}

function inBatches(items: readonly Item[], size: number): Item[][] {
  const batches: Item[][] = [];
  let bytes = 0;
  for (const item of items) {
    const last = batches.at(-1);
    if (last && last.length < size && bytes + item.bytes <= MAX_BATCH_BYTES) {
      last.push(item);
      bytes += item.bytes;
    } else {
      batches.push([item]);
      bytes = item.bytes;
    }
  }
  return batches;
}
