import { setTimeout as timer } from 'node:timers/promises';

/** Waits, or returns at once when `signal` is or gets aborted: the caller looks at the signal. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await timer(milliseconds, undefined, { signal });
  } catch {
    // Aborted: nothing else rejects a timer.
  }
}

const FIRST_MILLISECONDS = 100;
/** On AWS a mapping backs off to a minute; somebody who waits before a terminal should see it heal sooner. */
const LONGEST_MILLISECONDS = 2_000;

/** How long to wait before attempt `attempt` + 1, in milliseconds. */
export function backOffMilliseconds(attempt: number): number {
  return Math.min(LONGEST_MILLISECONDS, FIRST_MILLISECONDS * 2 ** Math.min(attempt, 10));
}
