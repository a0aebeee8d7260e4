import { derivedId } from '../derived-id';
import { type Event, selectorText } from '../events/event';
import type { EventStream } from '../events/ports';
import type { SubscriptionStore } from '../topics/ports';
import type { Subscription } from '../topics/subscription';
import { type Delivery, subscriptionOf } from './delivery';

const REASON = 'gone';

/**
 * Switches a subscription off whose target answered 410, and tells its owner by an event. Can be repeated: the
 * time at which the delivery died marks the change as this delivery's own. A subscription that its owner has
 * changed since the attempt began (another target, switched on again) is left alone.
 */
export async function disableGoneSubscription(
  row: Delivery,
  ports: {
    readonly subscriptions: Pick<SubscriptionStore, 'findMany' | 'changeState'>;
    readonly events: EventStream;
  },
): Promise<void> {
  const reference = subscriptionOf(row);
  const at = row.endedAt ?? row.updatedAt;
  const subscription = (await ports.subscriptions.findMany([reference])).get(reference.id);
  if (!subscription) {
    return;
  }
  const attemptAt = row.attempts.at(-1)?.at ?? at;
  const isUnchanged = subscription.updatedAt <= attemptAt;
  const isOurs = subscription.state === 'disabled' && subscription.updatedAt === at;
  if (subscription.state === 'active' && isUnchanged) {
    const { moved } = await ports.subscriptions.changeState(reference, {
      from: ['active'],
      to: 'disabled',
      reason: REASON,
      at,
    });
    if (!moved) {
      return;
    }
  } else if (!isOurs) {
    return;
  }
  await ports.events.append([{ partitionKey: subscription.id, events: [disabledEvent(subscription, at)] }]);
}

/** The same change makes the same event: its id comes from the subscription and the time of the change. */
function disabledEvent(subscription: Subscription, at: string): Event {
  const name = 'subscription.disabled';
  return {
    id: derivedId('evt', name, subscription.id, at),
    topic: { door: 'system', name },
    source: '/v1/subscriptions',
    subject: subscription.id,
    time: at,
    dataJson: JSON.stringify({
      subscription_id: subscription.id,
      topic: selectorText(subscription.topic),
      reason: REASON,
    }),
  };
}
