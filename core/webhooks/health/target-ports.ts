import type { SubscriptionReference } from '../../topics/ports';
import type { Circuit, Subscription } from '../../topics/subscriptions/subscription';

/** A failed attempt, as the health of its target counts it. */
export interface CountedFailure {
  /** Names the attempt: it counts once, however often it is told. */
  readonly mark: string;
  /** ISO 8601: when the attempt began. */
  readonly at: string;
  /** Whether it says that nobody is there. */
  readonly isUnavailable: boolean;
}

/** The health of targets, on the rows of their subscriptions: no method makes a row, or changes a deleted one. */
export interface TargetHealthStore {
  /**
   * Adds a failure to what the subscription has had; an answer that shows that somebody is there closes the circuit.
   * @returns the subscription as it is now; `undefined` when it counts no more: it was told before, or the
   *   subscription is not active, or was changed after the attempt began.
   */
  countFailure(reference: SubscriptionReference, failure: CountedFailure): Promise<Subscription | undefined>;
  /**
   * A success ends failures in a row and the circuit, if they are still those that began at `failingSince`.
   * @param options.keepsCount the failures stay counted, and what was warned of stays warned of.
   */
  clearFailures(
    reference: SubscriptionReference,
    options: { readonly failingSince: string | undefined; readonly keepsCount: boolean },
  ): Promise<void>;
  /** @returns false when the circuit is no longer as it was `found`: another worker has opened or closed it. */
  openCircuit(
    reference: SubscriptionReference,
    circuit: Circuit,
    found: Circuit | undefined,
  ): Promise<boolean>;
  /** @returns whether the probe of the circuit that was `found` is the caller's, until the lease ends. */
  claimProbe(
    reference: SubscriptionReference,
    found: Circuit,
    lease: { readonly now: Date; readonly until: Date },
  ): Promise<boolean>;
  /** Remembers that the owner was told, unless a later warning is remembered already. */
  recordWarning(reference: SubscriptionReference, percent: number): Promise<void>;
}

/** A place among the requests that may be under way to a target; it comes back by itself when the lease ends. */
export interface Permit {
  readonly subscriptionId: string;
  /** From 0. */
  readonly place: number;
  /** Epoch milliseconds; tells this holder of the place from the next one. */
  readonly leaseUntil: number;
}

/** What may be sent to a target, counted over all workers. */
export interface TargetLimits {
  /**
   * Reserves the next free moment for one request.
   * @returns that moment, now or later; `full` when it would be later than `latest`, and nothing is reserved.
   */
  reserveSlot(
    subscriptionId: string,
    options: { readonly ratePerSecond: number; readonly now: Date; readonly latest: Date },
  ): Promise<Date | 'full'>;
  /** @returns `undefined` when as many as may be are under way. */
  takePermit(
    subscriptionId: string,
    options: { readonly concurrency: number; readonly leaseSeconds: number; readonly now: Date },
  ): Promise<Permit | undefined>;
  /** Can be repeated; a place that somebody else holds by now stays theirs. */
  returnPermit(permit: Permit): Promise<void>;
}
