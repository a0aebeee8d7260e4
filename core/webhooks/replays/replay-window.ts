import type { Replay } from './replay';

const MINUTE = 60_000;

/**
 * Dispatch gives an event its order when it begins a batch, then asks for its subscriptions and keeps it in the
 * history: all within the function's time-out of 300 s.
 */
const DISPATCH_MILLISECONDS = 5 * MINUTE;

/** How far the clocks of two functions may lie apart. */
const SKEW_MILLISECONDS = 5000;

/** From a door's look at the clock to the row of the subscription: the time-out of doors, with some room. */
const DOOR_MILLISECONDS = 20_000;

/**
 * When it is looked for what dispatch kept late, counted from the making of the subscription: when no try of that time
 * can be under way any more, and twice again for what crashed and was repeated, within the shortest retention of a
 * stream (24 h): what was planned before a crash keeps its place in the history.
 */
const SWEEPS_AFTER = [6 * MINUTE, 30 * MINUTE, 24 * 60 * MINUTE] as const;
const LAST_SWEEP = SWEEPS_AFTER[2];

/** Epoch milliseconds; `from` inclusive, `to` exclusive. */
export interface Window {
  readonly from?: number;
  readonly to: number;
}

/** From this moment on, every event was dispatched with the subscription in sight, and is live. */
export function endOfHistory(subscribedAt: string): string {
  return new Date(Date.parse(subscribedAt) + DOOR_MILLISECONDS + SKEW_MILLISECONDS).toISOString();
}

/** What the replay sends. */
export function historyWindow({ from, to }: Pick<Replay, 'from' | 'to'>): Window {
  return { ...(from !== undefined && { from: Date.parse(from) }), to: Date.parse(to) };
}

/**
 * Whether dispatch may or may not have seen the subscription when it dealt with an event of that order: only the
 * event's fan-out plan knows whether it is live or history. What comes before is history.
 */
export function isInOverlap({ subscribedAt }: Pick<Replay, 'subscribedAt'>, order: string): boolean {
  return Number.parseInt(order, 10) >= beginOfOverlap(subscribedAt);
}

/** The part of the history that may grow behind the replayer's back. */
export function sweepWindow(replay: Pick<Replay, 'from' | 'to' | 'subscribedAt'>): Window {
  const { from, to } = historyWindow(replay);
  const begin = beginOfOverlap(replay.subscribedAt);
  const end = Date.parse(endOfHistory(replay.subscribedAt));
  return { from: Math.max(from ?? begin, begin), to: Math.min(to, end) };
}

/**
 * When to sweep next, in epoch milliseconds; `undefined` when dispatch cannot keep anything any more.
 * @param sweptAt epoch milliseconds of the last sweep's begin.
 */
export function nextSweep(
  replay: Pick<Replay, 'from' | 'to' | 'subscribedAt' | 'createdAt'>,
  sweptAt?: number,
): number | undefined {
  const subscribedAt = Date.parse(replay.subscribedAt);
  const times = SWEEPS_AFTER.map((wait) => subscribedAt + wait);
  const { from = 0, to } = sweepWindow(replay);
  const wasSettled = Date.parse(replay.createdAt) > subscribedAt + LAST_SWEEP;
  if (from >= to || wasSettled) {
    return undefined;
  }
  return sweptAt === undefined ? times[0] : times.find((time) => time > sweptAt);
}

function beginOfOverlap(subscribedAt: string): number {
  return Date.parse(subscribedAt) - DISPATCH_MILLISECONDS - SKEW_MILLISECONDS;
}
