import { LONGEST_DELAY_SECONDS } from '../../requeue-due';
import type { DeliveryMessage, HoldReason } from '../deliveries/delivery';
import type { DeliveryQueue } from '../ports';
import { isUncounted } from './hold-reason';

/** How a message is held back. */
export interface Hold {
  readonly reason: HoldReason;
  /** Up to 900; more is cut, and the message is held again. */
  readonly seconds: number;
  /** The moment that was reserved for the attempt. */
  readonly slotAt?: Date;
}

/** Who waits for a replay or a grant looks again after a quarter of the time that it has waited, at most this. */
const LONGEST_PATIENCE_SECONDS = 120;

/** @param since ISO 8601: since when it has waited. */
export function patientSeconds(since: string | undefined, now: Date): number {
  const waited = since === undefined ? 0 : (now.getTime() - Date.parse(since)) / 1000;
  return Math.min(Math.max(1, waited / 4), LONGEST_PATIENCE_SECONDS);
}

/**
 * Sends a message again whose attempt may not be made yet: nothing is recorded, and nothing counts as an attempt.
 * The message remembers since when and how often, so that whoever holds it back can bound it; what it waited for a
 * replay or a grant does not count for anything else.
 */
export async function holdMessage(
  message: DeliveryMessage,
  { reason, seconds, slotAt }: Hold,
  { queue, now }: { readonly queue: DeliveryQueue; readonly now: () => Date },
): Promise<void> {
  const { slotAt: _, ...rest } = message;
  const isFirst = message.heldSince === undefined || isUncounted(message.heldBy) !== isUncounted(reason);
  const at = now().toISOString();
  const held: DeliveryMessage = {
    ...rest,
    holds: isFirst ? 1 : (message.holds ?? 0) + 1,
    heldSince: isFirst ? at : (message.heldSince ?? at),
    heldBy: reason,
    ...(reason === 'circuit' && { circuitSince: message.circuitSince ?? at }),
    ...(reason === 'unconfirmed' && { unconfirmedSince: message.unconfirmedSince ?? at }),
    ...(slotAt && { slotAt: slotAt.toISOString() }),
  };
  const delaySeconds = Math.min(Math.max(0, Math.ceil(seconds)), LONGEST_DELAY_SECONDS);
  await queue.send([{ message: held, delaySeconds }]);
}
