import type { StreamPosition } from './stream-record';

/** Counts the tries of a record that may take the function down; it must survive the crash. */
export interface CrashMarkerStore {
  /** Adds one mark atomically. @returns the marks there are now. */
  mark(position: StreamPosition): Promise<number>;
  /** Takes all marks away: the function survived the record. */
  clear(position: StreamPosition): Promise<void>;
}

export interface GuardedRecord extends StreamPosition {
  /** ISO 8601: when the stream took it. */
  readonly arrivedAt: string;
}

/** A record this young has hardly been retried: the usual batch of one costs no extra write. */
const OLD_AFTER_MILLISECONDS = 10_000;

/** So many tries may end in a crash; the next one gives up. */
const CRASHES_ALLOWED = 3;

/**
 * Ends a record that takes the function itself down (memory, time), which nothing inside it can catch. The mapping
 * retries and bisects, so such a record comes again as a batch of one: then each try leaves a mark
 * beforehand, and every try that the function survives, by success or by an exception, takes the marks away. So an
 * outage of a store, however long, never ends a record; only crashes in a row do.
 */
export async function guardAgainstCrashes<Guarded extends GuardedRecord>(
  records: readonly Guarded[],
  { markers, now }: { readonly markers: CrashMarkerStore; readonly now: Date },
  steps: {
    readonly process: () => Promise<void>;
    /** Ends the record without looking at its data. */
    readonly giveUp: (record: Guarded) => Promise<void>;
  },
): Promise<void> {
  const [only] = records;
  if (only === undefined || records.length > 1 || !isOld(only, now)) {
    return steps.process();
  }
  const marks = await markers.mark(only);
  if (marks > CRASHES_ALLOWED) {
    return steps.giveUp(only);
  }
  await surviving(steps.process, () => markers.clear(only));
}

async function surviving(process: () => Promise<void>, clear: () => Promise<void>): Promise<void> {
  try {
    await process();
  } catch (error) {
    // What failed says more than that the mark stayed.
    await clear().catch(() => undefined);
    throw error;
  }
  await clear();
}

function isOld({ arrivedAt }: GuardedRecord, now: Date): boolean {
  return now.getTime() - Date.parse(arrivedAt) > OLD_AFTER_MILLISECONDS;
}
