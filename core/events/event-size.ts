import type { Event } from './event';

/** An event as JSON, in bytes of UTF-8: doors refuse more, so that history and queues can hold what they take. */
export const MAX_EVENT_BYTES = 256 * 1024;

export function eventBytes(event: Event): number {
  return Buffer.byteLength(JSON.stringify(event));
}
