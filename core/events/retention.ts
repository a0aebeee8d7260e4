/** The waits of a delivery's schedule may add up to this; see `EVENT_RETENTION_DAYS` for what hangs on it. */
export const LONGEST_SCHEDULE_DAYS = 14;

/** So many waits a schedule may have: one attempt more than that. */
export const MOST_WAITS = 50;

/** A target's rate limit and cap may hold a delivery back for so long in all, then it is dead. */
export const LONGEST_HOLD_DAYS = 3;

/** An open circuit may hold back each attempt of a delivery for so long, then it counts as failed. */
export const LONGEST_CIRCUIT_HOLD_HOURS = 1;

/** A consumer that is paused keeps a delivery for so long in all; it is tried for three days beside that. */
export const LONGEST_PAUSE_DAYS = 30;

/** A delivery may wait for its target's agreement for so long, then it is dead. */
export const LONGEST_UNCONFIRMED_DAYS = 2;

/** A store that fails holds a delivery up for so long: some 300 tries, 15 minutes apart at most. */
export const LONGEST_OUTAGE_DAYS = 3;

/** What a message lives on a queue at most, counted from its first enqueue (an SQS limit). */
export const DEAD_LETTER_DAYS = 14;

/**
 * How long an event stays readable: deliveries that retry it, and dead letters that are resent, read it again.
 * The longest schedule may double when subscribers ask for patience (`Retry-After`, jitter): 28 days. Its 51
 * attempts may be held for an hour each by a circuit (2), the delivery for 3 by its limits, for 2 before its target has
 * agreed, and 3 by an outage; then the dead letter waits 14 days for its resend. That makes 52, and some more for
 * whoever repairs by hand. A consumer's delivery: 3 days, 30 while it is paused, 3 by an outage and those 14, which is less.
 */
export const EVENT_RETENTION_DAYS = 53;
