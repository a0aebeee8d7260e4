/** The waits of a delivery's schedule may add up to this; see `EVENT_RETENTION_DAYS` for what hangs on it. */
export const LONGEST_SCHEDULE_DAYS = 14;

/** What a message lives on a queue at most, counted from its first enqueue (an SQS limit). */
export const DEAD_LETTER_DAYS = 14;

/**
 * How long an event stays readable: deliveries that retry it, and dead letters that are resent, read it again.
 * The longest schedule may double when subscribers ask for patience (`Retry-After`, jitter), then the dead
 * letter waits for its resend: 28 + 14 days, and some more for whoever repairs by hand.
 */
export const EVENT_RETENTION_DAYS = 45;
