import type { EventStream } from '../../events/ports';
import type { SubscriptionStore } from '../../topics/ports';
import type { Subscription } from '../../topics/subscriptions/subscription';
import { type Attempt, type Delivery, subscriptionOf } from '../deliveries/delivery';
import { subscriptionDisabled, tellOperationalEvent } from '../notices/operational-events';
import { type NoticePorts, noticeOwner } from '../notices/owner-notice';

/** `gone`: the target answered 410; `failing`: the disable rule of the policy. */
export type DisableReason = 'gone' | 'failing';

/**
 * Switches a subscription off after an attempt, and tells its owner by an event, and by mail where the stage sends any. Can be repeated: the time at which
 * the attempt ended marks the change as this attempt's own. A subscription that its owner has changed since the
 * attempt began (another target, switched on again) is left alone.
 * @param subscription as it is now.
 * @returns whether this attempt has switched it off, now or when it was told before.
 */
export async function disableSubscription(
  subscription: Subscription,
  cause: { readonly row: Delivery; readonly attempt: Attempt; readonly reason: DisableReason },
  ports: NoticePorts & {
    readonly subscriptions: Pick<SubscriptionStore, 'changeState'>;
    readonly events: EventStream;
  },
): Promise<boolean> {
  const { row, attempt, reason } = cause;
  const at = new Date(Date.parse(attempt.at) + attempt.milliseconds).toISOString();
  if (subscription.state === 'active' && subscription.updatedAt <= attempt.at) {
    const change = { from: ['active'], to: 'disabled', reason, at } as const;
    const { moved } = await ports.subscriptions.changeState(subscriptionOf(row), change);
    if (!moved) {
      return false;
    }
  } else if (subscription.state !== 'disabled' || subscription.updatedAt !== at) {
    return false;
  }
  const event = subscriptionDisabled(subscription, reason, at);
  await tellOperationalEvent(event, row, ports);
  await noticeOwner(subscription, event, { kind: 'disabled', reason }, ports);
  return true;
}
