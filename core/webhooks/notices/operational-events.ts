import { derivedId } from '../../derived-id';
import { type Event, parseTopicKey, selectorText } from '../../events/event';
import type { EventStream } from '../../events/ports';
import type { Subscription, TargetHealth } from '../../topics/subscriptions/subscription';
import { type Delivery, deliveryId } from '../deliveries/delivery';

/** What a delivery or its subscription came to, told on topics of the system: ids and facts, never data. */
export type OperationalEvent = Event;

/**
 * Tells the events that follow from a delivery. A delivery of such an event causes none itself: a subscriber to
 * them that is down would be sent the news of its own failures for ever.
 */
export async function tellOperationalEvent(
  event: OperationalEvent,
  row: Pick<Delivery, 'topic'>,
  { events }: { readonly events: EventStream },
): Promise<void> {
  const { door, name } = parseTopicKey(row.topic);
  if (door === 'system' && /^(delivery|subscription)\./.test(name)) {
    return;
  }
  await events.append([{ partitionKey: event.subject ?? event.id, events: [event] }]);
}

/** A delivery that was resent and died again is told of again. */
export function deliveryDead(row: Delivery): OperationalEvent {
  const last = row.attempts.at(-1);
  const id = deliveryId(row);
  return {
    id: derivedId('evt', 'delivery.dead', id, row.resends),
    topic: { door: 'system', name: 'delivery.dead' },
    source: '/v1/deliveries',
    subject: row.subscriptionId,
    time: row.endedAt ?? row.updatedAt,
    dataJson: JSON.stringify({
      delivery_id: id,
      event_id: row.eventId,
      subscription_id: row.subscriptionId,
      run: row.run,
      topic: row.topic,
      reason: row.reason,
      attempts: row.attempt,
      last_status: last?.status,
      last_failure: last?.failure,
    }),
  };
}

/** @param percent of the disable rule. @param at ISO 8601. */
export function subscriptionFailing(
  subscription: Subscription,
  health: TargetHealth,
  percent: number,
  at: string,
): OperationalEvent {
  const rule = subscription.policy.disable;
  return subscriptionEvent(
    subscription,
    'subscription.failing',
    [percent, health.failingSince ?? subscription.updatedAt],
    at,
    {
      percent,
      failures: health.failures,
      failing_since: health.failingSince,
      disabled_after: rule && { failures: rule.failures, hours: rule.hours, counts: rule.counts },
    },
  );
}

/** @param at ISO 8601: when the attempt that succeeded began. */
export function subscriptionRecovered(
  subscription: Subscription,
  health: TargetHealth,
  at: string,
): OperationalEvent {
  const began = health.failingSince ?? health.circuit?.openUntil ?? at;
  return subscriptionEvent(subscription, 'subscription.recovered', [began], at, {
    failures: health.failures,
    failing_since: health.failingSince,
  });
}

/** The same change makes the same event: its id comes from the subscription and the time of the change. */
export function subscriptionDisabled(subscription: Subscription, reason: string, at: string) {
  return subscriptionEvent(subscription, 'subscription.disabled', [at], at, {
    reason,
    failures: subscription.health?.failures,
    failing_since: subscription.health?.failingSince,
  });
}

function subscriptionEvent(
  subscription: Subscription,
  name: string,
  parts: readonly (string | number)[],
  at: string,
  facts: Readonly<Record<string, unknown>>,
): OperationalEvent {
  return {
    id: derivedId('evt', name, subscription.id, ...parts),
    topic: { door: 'system', name },
    source: '/v1/subscriptions',
    subject: subscription.id,
    time: at,
    dataJson: JSON.stringify({
      subscription_id: subscription.id,
      topic: selectorText(subscription.topic),
      ...facts,
    }),
  };
}
