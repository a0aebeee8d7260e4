import { createHash } from 'node:crypto';

/** JSON numbers beyond 53 bits are rounded by many readers. */
const UNUSED_BITS = 64n - 53n;

/**
 * The id of what the original calls a job: one message for one consumer. A whole number of 53 bits, never 0, that
 * follows from the two: computed when a message is accepted, for the reply, and again when it is delivered, as
 * `message-id`; retries and replays have the same.
 */
export function jobId(eventId: string, subscriptionId: string): number {
  const digest = createHash('sha256')
    .update(JSON.stringify([eventId, subscriptionId]))
    .digest();
  return Number(digest.readBigUInt64BE() >> UNUSED_BITS) || 1;
}
