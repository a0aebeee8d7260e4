import { LONGEST_PAUSE_DAYS } from '../../events/retention';
import { LONGEST_DELAY_SECONDS, SAFETY_MILLISECONDS } from '../../requeue-due';
import type { AfterAttempt } from '../attempts/decide-after-attempt';
import { isUncounted } from '../holds/hold-reason';
import type { Attempt, Delivery, DeliveryMessage, DeliveryState } from './delivery';

/** A queue is punctual to a second or two: a message comes this much early and waits for its moment in the worker. */
export const SLOT_LEAD_MILLISECONDS = 2000;

/** Attempts kept on the row; beyond that the oldest go. */
const ATTEMPTS_KEPT = 20;

/** Bytes of the answer that older attempts keep: every write costs by the size of the whole row. */
const OLD_ANSWER_LENGTH = 256;

/** The row of a delivery that has none yet; its version 0 is never written. */
export function newDelivery(message: DeliveryMessage, now: Date): Delivery {
  const { eventId, subscriptionId, run, topic, via, order } = message;
  const at = now.toISOString();
  return {
    eventId,
    subscriptionId,
    run,
    topic,
    ...(via !== undefined && { via }),
    order,
    state: 'pending',
    attempt: 0,
    attempts: [],
    scheduleStart: 1,
    resends: 0,
    createdAt: at,
    updatedAt: at,
    version: 0,
  };
}

/** A worker takes attempt `attempt` for itself; nothing is due any more. */
export function claimed(
  row: Delivery,
  options: { readonly attempt: number; readonly leaseSeconds: number; readonly now: Date },
): Delivery {
  const leaseUntil = new Date(options.now.getTime() + options.leaseSeconds * 1000).toISOString();
  const { dueAt: _, ...rest } = touched(row, options.now);
  return { ...rest, claim: { attempt: options.attempt, leaseUntil } };
}

/** Whether a worker may still be at it. */
export function hasLiveClaim({ claim }: Delivery, now: Date): boolean {
  return claim !== undefined && Date.parse(claim.leaseUntil) > now.getTime();
}

/** The row after an attempt and what was decided about it; a long wait parks it. */
export function attempted(row: Delivery, attempt: Attempt, decided: AfterAttempt, now: Date): Delivery {
  const older = row.attempts.map(shortened);
  const { slotAt: _, ...made } = row;
  const base: Delivery = {
    ...made,
    attempt: Math.max(row.attempt, attempt.number),
    attempts: [...older, attempt].slice(-ATTEMPTS_KEPT),
  };
  if (decided.outcome !== 'postponed') {
    return ended(base, decided.outcome, decided.outcome === 'dead' ? decided.reason : undefined, now);
  }
  const nextAttemptAt = new Date(now.getTime() + decided.delaySeconds * 1000).toISOString();
  const { claim: __, dueAt: ___, ...rest } = touched(base, now);
  const isParked = decided.delaySeconds > LONGEST_DELAY_SECONDS;
  return { ...rest, nextAttemptAt, ...(isParked && { dueAt: nextAttemptAt }) };
}

function shortened(attempt: Attempt): Attempt {
  return attempt.answer === undefined
    ? attempt
    : { ...attempt, answer: attempt.answer.slice(0, OLD_ANSWER_LENGTH) };
}

/** The row in a terminal state: nothing is due, nobody is at it. */
export function ended(
  row: Delivery,
  state: Exclude<DeliveryState, 'pending'>,
  reason: string | undefined,
  now: Date,
): Delivery {
  const { claim: _, dueAt: __, nextAttemptAt: ___, slotAt: ____, ...open } = unpaused(touched(row, now), now);
  const { reason: _____, keptReason: ______, ...rest } = open;
  return { ...rest, state, ...(reason !== undefined && { reason }), endedAt: now.toISOString() };
}

/** The message of the next attempt is held back on the queue: the tick need not send another. */
export function adopted(row: Delivery, now: Date): Delivery {
  const { dueAt: _, ...rest } = touched(row, now);
  return rest;
}

/** The next attempt has its moment, far ahead: the tick queues it so that it comes a little before that. */
export function parkedForSlot(row: Delivery, slotAt: Date, now: Date): Delivery {
  const nextAttemptAt = new Date(slotAt.getTime() - SLOT_LEAD_MILLISECONDS).toISOString();
  return { ...touched(row, now), slotAt: slotAt.toISOString(), nextAttemptAt, dueAt: nextAttemptAt };
}

/** The row with what its delivery has waited before this attempt added to what it had waited before. */
export function withHeldTime(row: Delivery, { heldSince, heldBy }: DeliveryMessage, now: Date): Delivery {
  const held = heldSince === undefined || isUncounted(heldBy) ? 0 : now.getTime() - Date.parse(heldSince);
  return held > 0 ? { ...row, heldSeconds: (row.heldSeconds ?? 0) + Math.round(held / 1000) } : row;
}

/** The next attempt was queued: look again later, in case the message gets lost. */
export function requeued(row: Delivery, now: Date): Delivery {
  return { ...touched(row, now), dueAt: safetyNet(now) };
}

/** A dead delivery stays so for now, and says why. */
export function kept(row: Delivery, keptReason: string, now: Date): Delivery {
  return { ...touched(row, now), keptReason };
}

export const LONGEST_PAUSE_SECONDS = LONGEST_PAUSE_DAYS * 24 * 3600;

/** How long it has waited in all for its subscription to be resumed, in seconds. */
export function pausedFor({ pausedSeconds = 0, pausedAt }: Delivery, now: Date): number {
  const since = pausedAt === undefined ? 0 : (now.getTime() - Date.parse(pausedAt)) / 1000;
  return pausedSeconds + since;
}

/** It waits for its subscription to be resumed; it comes up when it has waited for as long as it may. */
export function paused(row: Delivery, now: Date): Delivery {
  const { claim: _, slotAt: __, ...rest } = touched(row, now);
  const left = LONGEST_PAUSE_SECONDS - pausedFor(row, now);
  return {
    ...rest,
    pausedAt: row.pausedAt ?? now.toISOString(),
    dueAt: new Date(now.getTime() + left * 1000).toISOString(),
  };
}

/** What it waited counts, and it waits no more. */
export function unpaused(row: Delivery, now: Date): Delivery {
  if (row.pausedAt === undefined) {
    return row;
  }
  const { pausedAt: _, ...rest } = row;
  return { ...rest, pausedSeconds: Math.round(pausedFor(row, now)) };
}

/** Its subscription was resumed, and its next attempt queued. */
export function released(row: Delivery, now: Date): Delivery {
  return { ...unpaused(touched(row, now), now), nextAttemptAt: now.toISOString(), dueAt: safetyNet(now) };
}

/** How long it has been tried: since its row was made or it was sent again, pauses not counted. */
export function elapsedSeconds(
  { createdAt, scheduleStartedAt = createdAt, pausedSeconds = 0 }: Delivery,
  now: Date,
): number {
  return (now.getTime() - Date.parse(scheduleStartedAt)) / 1000 - pausedSeconds;
}

/** A dead delivery starts again: its attempts count on, its schedule begins anew. */
export function resent(row: Delivery, now: Date): Delivery {
  const { reason: _, endedAt: __, keptReason: ___, heldSeconds: ____, ...open } = touched(row, now);
  const { pausedSeconds: _____, ...rest } = open;
  return {
    ...rest,
    scheduleStartedAt: now.toISOString(),
    state: 'pending',
    scheduleStart: row.attempt + 1,
    resends: row.resends + 1,
    nextAttemptAt: now.toISOString(),
    dueAt: safetyNet(now),
  };
}

function touched(row: Delivery, now: Date): Delivery {
  return { ...row, updatedAt: now.toISOString(), version: row.version + 1 };
}

function safetyNet(now: Date): string {
  return new Date(now.getTime() + SAFETY_MILLISECONDS).toISOString();
}

/** The message that asks for the next attempt of a pending row, without the event: the history has it. */
export function nextMessage(row: Delivery): DeliveryMessage {
  const { eventId, subscriptionId, run, topic, via, order, attempt, slotAt } = row;
  return {
    v: 1,
    eventId,
    subscriptionId,
    run,
    topic,
    ...(via !== undefined && { via }),
    order,
    attempt: attempt + 1,
    ...(slotAt !== undefined && { slotAt }),
  };
}

/** Whole seconds until the next attempt, at least 0; rounded up, so that no attempt comes early. */
export function secondsUntil(at: string | undefined, now: Date): number {
  return at === undefined ? 0 : Math.max(0, Math.ceil((Date.parse(at) - now.getTime()) / 1000));
}
