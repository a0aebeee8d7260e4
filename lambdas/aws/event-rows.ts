import { EVENT_RETENTION_DAYS } from '../../core/events/retention';
import { expiryAfter } from './row';

/** Epoch seconds at which a row of the events table may go. @param now epoch milliseconds. */
export function eventExpiry(now: number): number {
  return expiryAfter(EVENT_RETENTION_DAYS, now);
}

/** An item has 400 kB at most, its names and keys included. */
export const MAX_ATTRIBUTE_BYTES = 380_000;
