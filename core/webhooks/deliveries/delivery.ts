import { type Event, parseSelector } from '../../events/event';
import type { SubscriptionReference } from '../../topics/ports';
import { encodeDeliveryId } from './delivery-id';

/** The states in which a delivery can end, and `pending` before that. */
export const deliveryStates = ['pending', 'delivered', 'dead', 'skipped', 'erased'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** What names a delivery: run 0 is the live one and its resends, each replay is a run of its own. */
export interface DeliveryKey {
  readonly eventId: string;
  readonly subscriptionId: string;
  readonly run: number;
}

/** One try to hand a delivery to its target. */
export interface Attempt {
  readonly number: number;
  /** ISO 8601: when it began. */
  readonly at: string;
  readonly milliseconds: number;
  /** The HTTP status, when there was an answer. */
  readonly status?: number;
  /** The address that was connected to. */
  readonly address?: string;
  /** Why it failed, in a word: `timeout`, `connection_refused`, `status_500`, …; `circuit_open` was not sent. */
  readonly failure?: string;
  /** The first bytes of the answer's body. */
  readonly answer?: string;
  /** Names the call that it shared with other deliveries of its subscription. */
  readonly call?: string;
}

/** A row of the deliveries table: written at the first outcome, the truth from then on. */
export interface Delivery extends DeliveryKey {
  /** `door/name`. */
  readonly topic: string;
  /** What the subscription listens to, where that is not the topic: `door:pattern`, or at a test `door/name`. */
  readonly via?: string;
  /** Where the event lies in the history: the order of its row. */
  readonly order: string;
  readonly state: DeliveryState;
  /** Why it ended so, for `dead` and `skipped`. */
  readonly reason?: string;
  /** Number of the last attempt that ended; 0 before the first. */
  readonly attempt: number;
  /** The newest attempts, oldest first. */
  readonly attempts: readonly Attempt[];
  /** The attempt that the policy's schedule counts from: 1, or the first one after a resend. */
  readonly scheduleStart: number;
  /** ISO 8601: when that was, after a resend. @default the making of the row */
  readonly scheduleStartedAt?: string;
  /** How long it has waited in all for its subscription to be resumed; absent for never. */
  readonly pausedSeconds?: number;
  /** ISO 8601: since when it has been waiting for that. */
  readonly pausedAt?: string;
  /** How often it was sent again after it had died. */
  readonly resends: number;
  /** The worker that is at it; missing before attempt 2, which needs no claim. */
  readonly claim?: Claim;
  /** ISO 8601; when the next attempt is to be made, while pending. */
  readonly nextAttemptAt?: string;
  /** ISO 8601: the moment that the target's rate limit has reserved for the next attempt. */
  readonly slotAt?: string;
  /** How long it was held back in all (circuit, cap, rate) before attempts that are over; absent for never. */
  readonly heldSeconds?: number;
  /** Why a dead one is not sent again by itself, such as `subscription_disabled`. */
  readonly keptReason?: string;
  /** ISO 8601; when the tick looks at it: set while it is parked, or as a safety net after a resend. */
  readonly dueAt?: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly updatedAt: string;
  /** ISO 8601; when it reached its terminal state. */
  readonly endedAt?: string;
  /** Counts the writes of this row, from 1: a write is refused when the row has moved on since it was read. */
  readonly version: number;
}

/** Says that a worker is making an attempt, until the lease ends. */
export interface Claim {
  readonly attempt: number;
  /** ISO 8601. */
  readonly leaseUntil: string;
}

/** Why an attempt may not be made yet. */
export const holdReasons = ['replaying', 'unconfirmed', 'circuit', 'rate', 'capacity'] as const;
export type HoldReason = (typeof holdReasons)[number];

/** What travels on the deliveries queue: one attempt of one delivery. */
export interface DeliveryMessage extends DeliveryKey {
  readonly v: 1;
  readonly topic: string;
  readonly via?: string;
  readonly order: string;
  /** The attempt that this message asks for, from 1. */
  readonly attempt: number;
  /** The event itself while it is small; otherwise the worker reads the history. */
  readonly event?: Event;
  /** How often a store failed while this attempt was to be made; absent for never. */
  readonly failures?: number;
  /** How often this attempt was held back, since when (ISO 8601) and why the last time; absent for never. */
  readonly holds?: number;
  readonly heldSince?: string;
  readonly heldBy?: HoldReason;
  /** ISO 8601: when a circuit first held this attempt back. */
  readonly circuitSince?: string;
  /** ISO 8601: when this attempt was first held back because its target had not agreed yet. */
  readonly unconfirmedSince?: string;
  /** As on the row. */
  readonly slotAt?: string;
}

/** What lies on the dead-letter queue: it points at the row, which is the truth. */
export interface DeadLetterMessage extends DeliveryKey {
  readonly v: 1;
  readonly reason: string;
}

/** The public id of a delivery: the same for the same event, subscription and run. */
export function deliveryId(key: DeliveryKey): string {
  return encodeDeliveryId(key);
}

/** The subscription of a delivery, and where its row lies. */
export function subscriptionOf({
  subscriptionId,
  topic,
  via,
}: Pick<Delivery, 'subscriptionId' | 'topic' | 'via'>): SubscriptionReference {
  return { id: subscriptionId, topic: parseSelector(via ?? topic) };
}
