import { LONGEST_HOLD_DAYS } from '../../events/retention';
import type { DeliveryPolicy } from '../../topics/subscriptions/subscription';
import type { DeliveryMessage } from '../deliveries/delivery';
import { SLOT_LEAD_MILLISECONDS } from '../deliveries/delivery-steps';
import type { TargetLimits } from '../health/target-ports';

export interface SlotPorts {
  readonly limits: Pick<TargetLimits, 'reserveSlot'>;
  /** Waits that many milliseconds. */
  readonly pause: (milliseconds: number) => Promise<unknown>;
  readonly now: () => Date;
}

/** What a rate limit says to an attempt; `waitedFor`: its moment is now, and was waited for a while. */
export type Slot = 'now' | 'full' | { readonly at: Date } | { readonly waitedFor: Date };

/** A delivery may be held by its target's limits for so long in all. */
export const LONGEST_HOLD_SECONDS = LONGEST_HOLD_DAYS * 24 * 3600;

/** A moment that was missed by more than this is lost: those who use theirs late would come all at once. */
const LATE_MILLISECONDS = 100;

/** After a wait that is longer, what was read before it says too little: the subscription may have been paused. */
const FRESH_MILLISECONDS = 250;

/**
 * Waits for the moment that the target's rate limit has for an attempt, if it is near. A message that comes with its
 * moment reserves none again.
 * @param heldSeconds what the delivery was held already.
 * @returns `now` when the attempt may be made; `full` when the backlog is longer than a delivery may be held.
 */
export async function awaitSlot(
  { slotAt, subscriptionId }: DeliveryMessage,
  { ratePerSecond }: DeliveryPolicy,
  heldSeconds: number,
  { limits, pause, now }: SlotPorts,
): Promise<Slot> {
  if (ratePerSecond === undefined) {
    return 'now';
  }
  const at = now();
  const given = slotAt === undefined ? undefined : new Date(slotAt);
  const isGood = given !== undefined && given.getTime() >= at.getTime() - LATE_MILLISECONDS;
  const latest = new Date(at.getTime() + (LONGEST_HOLD_SECONDS - heldSeconds) * 1000);
  const slot = isGood ? given : await limits.reserveSlot(subscriptionId, { ratePerSecond, now: at, latest });
  if (slot === 'full') {
    return slot;
  }
  const ahead = slot.getTime() - now().getTime();
  if (ahead > SLOT_LEAD_MILLISECONDS) {
    return { at: slot };
  }
  if (ahead > 0) {
    await pause(ahead);
  }
  return ahead > FRESH_MILLISECONDS ? { waitedFor: slot } : 'now';
}
