import { positionKey, type StreamPosition } from '../stream-record';
import type { ChangeStatus } from './change';
import type { ChangeStatusStore } from './ports';

/** Integration takes some 100 ms; so the first looks are close together, and a long wait costs few. */
const FIRST_PAUSE_MILLISECONDS = 50;
const LONGEST_PAUSE_MILLISECONDS = 500;

export interface WaitPorts {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Waits that many milliseconds. */
  readonly pause: (milliseconds: number) => Promise<unknown>;
}

/**
 * Looks again until there is something to see or the time is over; it looks once at least.
 * @param look gives `undefined` as long as there is nothing.
 */
export async function lookUntil<Found>(
  deadline: number,
  look: () => Promise<Found | undefined>,
  { now, pause }: WaitPorts,
): Promise<Found | undefined> {
  for (let milliseconds = FIRST_PAUSE_MILLISECONDS; ; milliseconds *= 1.5) {
    const found = await look();
    const left = deadline - now();
    if (found !== undefined || left <= 0) {
      return found;
    }
    await pause(Math.ceil(Math.min(milliseconds, LONGEST_PAUSE_MILLISECONDS, left)));
  }
}

/**
 * Waits until changes have ended, but no longer than the deadline (epoch milliseconds).
 * @returns how they ended, by {@link positionKey}; those that have not are left out.
 */
export async function awaitEndings(
  positions: readonly StreamPosition[],
  deadline: number,
  { statuses, ...ports }: WaitPorts & { readonly statuses: Pick<ChangeStatusStore, 'readMany'> },
): Promise<ReadonlyMap<string, ChangeStatus>> {
  const ended = new Map<string, ChangeStatus>();
  const look = async () => {
    const pending = positions.filter((position) => !ended.has(positionKey(position)));
    for (const status of pending.length > 0 ? await statuses.readMany(pending) : []) {
      ended.set(positionKey(status), status);
    }
    return ended.size >= positions.length ? ended : undefined;
  };
  await lookUntil(deadline, look, ports);
  return ended;
}
