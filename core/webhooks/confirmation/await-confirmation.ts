import { LONGEST_UNCONFIRMED_DAYS } from '../../events/retention';
import { isUnconfirmed, needsConfirmation } from '../../topics/subscriptions/confirmation';
import type { Subscription } from '../../topics/subscriptions/subscription';
import type { DeliveryMessage } from '../deliveries/delivery';
import { type Hold, patientSeconds } from '../holds/hold-message';
import { toConfirmationMessage } from './confirmation-message';
import type { ConfirmationQueue } from './confirmation-ports';

export interface AwaitConfirmationPorts {
  readonly confirmations: ConfirmationQueue;
  readonly now: () => Date;
}

/** What a delivery has to wait for: nothing, a while, or nothing that will ever come. */
export type Awaited = 'confirmed' | 'unconfirmed' | Hold;

/** An attempt is this late only when its message got lost. */
const LATE_MILLISECONDS = 60_000;

const LONGEST_WAIT_MILLISECONDS = LONGEST_UNCONFIRMED_DAYS * 24 * 3600_000;

/**
 * Whether a delivery may go to its target, which must have agreed to CloudEvents. While it is being asked deliveries
 * are held, but not for ever, however often an owner has it asked anew.
 */
export async function awaitConfirmation(
  message: DeliveryMessage,
  subscription: Subscription,
  { confirmations, now }: AwaitConfirmationPorts,
): Promise<Awaited> {
  const { confirmation } = subscription;
  if (!needsConfirmation(subscription) || confirmation?.state === 'granted') {
    return 'confirmed';
  }
  const at = now();
  const waited =
    message.unconfirmedSince === undefined ? 0 : at.getTime() - Date.parse(message.unconfirmedSince);
  if (!confirmation || isUnconfirmed(subscription) || waited >= LONGEST_WAIT_MILLISECONDS) {
    return 'unconfirmed';
  }
  if (at.getTime() - Date.parse(confirmation.nextAt ?? confirmation.askedAt) > LATE_MILLISECONDS) {
    await confirmations.ask(toConfirmationMessage(subscription, confirmation), 0);
  }
  return { reason: 'unconfirmed', seconds: patientSeconds(message.unconfirmedSince, at) };
}
