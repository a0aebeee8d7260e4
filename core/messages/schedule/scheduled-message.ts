import type { Event } from '../../events/event';
import { LONGEST_DELAY_SECONDS } from '../../requeue-due';

/** `releasing` is over for whoever would cancel it: what is left is to put the event into the stream. */
export type ScheduledState = 'scheduled' | 'releasing' | 'released' | 'cancelled';

/** What is told of a message that goes out at a time. */
export interface ScheduledSummary {
  /** The last of the ids that it was accepted under; one of its own where nobody listened then. */
  readonly id: number;
  /** Name of a topic of the topics door. */
  readonly topic: string;
  /** ISO 8601, UTC, with milliseconds. */
  readonly scheduledAt: string;
  /** Likewise. */
  readonly acceptedAt: string;
}

/** A message that waits for its time, or did. */
export interface ScheduledMessage extends ScheduledSummary {
  readonly state: ScheduledState;
  /** Minted when the message was accepted, so that it is the same however often it is released. */
  readonly eventId: string;
  /** Gone when the message has ended: the history has it then, or nobody is to have it. */
  readonly event?: Event;
  /** ISO 8601. */
  readonly endedAt?: string;
}

/** A message that is not released yet, as the index by due time tells of it. */
export interface DueMessage extends ScheduledSummary {
  /** ISO 8601: when the tick is to look at it; its time, or later when it has been queued. */
  readonly dueAt: string;
}

/** What the queue holds until the moment of a message. */
export interface ReleaseMessage {
  readonly v: 1;
  readonly id: number;
  /** What it is queued fairly by. */
  readonly topic: string;
  readonly scheduledAt: string;
  /** How often it could not be released, one after the other. */
  readonly failures?: number;
}

/**
 * Whole seconds for which the queue holds a message back, never too many: the rest of a second is waited for by who
 * releases it.
 */
export function delaySecondsUntil(scheduledAt: string, now: Date): number {
  const seconds = Math.floor((Date.parse(scheduledAt) - now.getTime()) / 1000);
  return Math.min(Math.max(seconds, 0), LONGEST_DELAY_SECONDS);
}
