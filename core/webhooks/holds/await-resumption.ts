import type { SubscriptionReference } from '../../topics/ports';
import type { Subscription } from '../../topics/subscriptions/subscription';
import type { Delivery } from '../deliveries/delivery';
import { ended, LONGEST_PAUSE_SECONDS, paused, pausedFor } from '../deliveries/delivery-steps';
import type { DeliveryStore } from '../ports';

export interface PausePorts {
  readonly deliveries: Pick<DeliveryStore, 'write'>;
  readonly findSubscription: (reference: SubscriptionReference) => Promise<Subscription | undefined>;
  readonly now: () => Date;
}

export type Paused =
  | { readonly outcome: 'paused' }
  /** Longer than a delivery may wait: the row that ends it, not written yet. */
  | { readonly outcome: 'exceeded'; readonly dead: Delivery }
  | { readonly outcome: 'row_moved' };

/** The tick comes up to three minutes before the time: that counts as the time. */
const EARLY_SECONDS = 300;

/**
 * Keeps a delivery until its consumer is resumed: docs/decisions/059-consumers-are-tried-as-by-postoffice.md. The row
 * lies in the list of what waits for that subscription, and comes up by itself when it has waited for too long.
 * Whoever resumes looks through the list later than this has looked at the subscription again, so nothing stays behind.
 */
export async function awaitResumption(
  current: Delivery,
  subscription: Subscription,
  ports: PausePorts,
): Promise<Paused> {
  const now = ports.now();
  if (pausedFor(current, now) > LONGEST_PAUSE_SECONDS - EARLY_SECONDS) {
    return { outcome: 'exceeded', dead: ended(current, 'dead', 'paused_too_long', now) };
  }
  if ((await ports.deliveries.write(paused(current, now))) === 'conflict') {
    return { outcome: 'row_moved' };
  }
  const again = await ports.findSubscription(subscription);
  return { outcome: again?.state === 'paused' ? 'paused' : 'row_moved' };
}

/** Whether a subscription that is paused keeps what comes: of others it ends as skipped. */
export function keepsWhilePaused({ state, consumer }: Subscription): boolean {
  return state === 'paused' && consumer !== undefined;
}
