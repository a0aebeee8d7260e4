import type { Event } from '../../core/events/event';
import { EVENT_RETENTION_DAYS } from '../../core/events/retention';
import { decodeRecord } from '../../core/stream-record';
import { expiryAfter, type Row } from './row';

/** How the partitions of the history begin: `historyPartition` makes them. */
export const HISTORY_PREFIX = 'topic#';

/** Epoch seconds at which a row of the events table may go. @param now epoch milliseconds. */
export function eventExpiry(now: number): number {
  return expiryAfter(EVENT_RETENTION_DAYS, now);
}

/** An item has 400 kB at most, its names and keys included. */
export const MAX_ATTRIBUTE_BYTES = 380_000;

/** The event of a row of the history. @throws when the row is not what was written. */
export function toEvent(row: Readonly<Row>): Event {
  const decoded = decodeRecord(row.event as Uint8Array);
  if (!decoded.ok) {
    throw new Error(`the history holds an event that is ${decoded.reason}`);
  }
  return decoded.value as Event;
}

/** Where the marker of an event lies. */
export function markerKey(eventId: string): { partition: string; sort: string } {
  return { partition: `event#${eventId}`, sort: 'marker' };
}
