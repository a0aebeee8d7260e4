import { ServiceError } from '../errors';
import type { Event } from './event';

/** An event as JSON, in bytes of UTF-8: doors refuse more, so that history and queues can hold what they take. */
export const MAX_EVENT_BYTES = 256 * 1024;

export function eventBytes(event: Event): number {
  return Buffer.byteLength(JSON.stringify(event));
}

/** @param what it is called where it came in. @throws ServiceError `body_too_large`. */
export function requireEventSize(event: Event, what = 'event'): Event {
  const bytes = eventBytes(event);
  if (bytes > MAX_EVENT_BYTES) {
    throw new ServiceError(
      'body_too_large',
      `the ${what} has ${bytes} bytes of JSON; the limit is ${MAX_EVENT_BYTES} bytes`,
    );
  }
  return event;
}
