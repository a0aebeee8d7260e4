import { derivedId } from '../../derived-id';
import { ServiceError } from '../../errors';
import { type Event, selectorText, topicKeyText } from '../../events/event';
import { eventOrder, millisecondsOfOrder, orderBase } from '../../events/history-key';
import type { EventHistoryWriter, FanOutMarkers } from '../../events/ports';
import type { Idempotency } from '../../idempotency';
import type { Principal } from '../../principal';
import { type DeliveryKey, deliveryId } from '../../webhooks/deliveries/delivery';
import type { DeliveryQueue } from '../../webhooks/ports';
import type { SubscriptionStore } from '../ports';
import { findOwnSubscription } from './change-subscription';
import { isUnconfirmed } from './confirmation';
import type { Subscription } from './subscription';

/** Nobody can publish or subscribe to it: the prefix is the system's, and it is in no list. */
const testTopic = { door: 'system', name: 'subscription.test' } as const;

const RANDOM_BYTES = 16;

export interface TestEventPorts {
  readonly subscriptions: Pick<SubscriptionStore, 'find'>;
  readonly markers: FanOutMarkers;
  readonly history: EventHistoryWriter;
  readonly queue: DeliveryQueue;
  readonly random: (count: number) => Uint8Array;
}

/**
 * Sends one event to one subscription alone, whatever it listens to, by the way that every delivery takes:
 * planned, kept in the history, queued. A repetition finds its marker and sends the same delivery.
 * @param now epoch milliseconds.
 * @throws ServiceError `not_found`, `conflict` when the subscription is not active, or its target was asked in vain.
 */
export async function sendTestEvent(
  id: string,
  principal: Principal,
  ports: TestEventPorts,
  now: number,
  idempotency?: Idempotency,
): Promise<{ readonly eventId: string; readonly deliveryId: string; readonly isReplay: boolean }> {
  const subscription = await findOwnSubscription(id, principal, ports.subscriptions);
  if (subscription.state !== 'active') {
    throw new ServiceError(
      'conflict',
      `the subscription is ${subscription.state}; make it active first: PATCH {"state": "active"}`,
    );
  }
  if (isUnconfirmed(subscription)) {
    throw new ServiceError(
      'conflict',
      'the target has not agreed to be sent CloudEvents; have it asked again: POST /v1/subscriptions/{id}/confirm',
    );
  }
  const seed = idempotency?.seed ?? Buffer.from(ports.random(RANDOM_BYTES)).toString('hex');
  const eventId = derivedId('evt', testTopic.name, id, seed);
  const order = eventOrder(orderBase(now, 0), 0, eventId);
  const via = selectorText(subscription.topic);
  const marker = await ports.markers.claim({
    eventId,
    winner: { sequenceNumber: order, shardId: testTopic.name },
    topic: topicKeyText(testTopic),
    order,
    plan: [{ id, via }],
  });
  if (marker === 'too_large') {
    throw new Error('a plan of one does not fit the store');
  }
  const event = testEvent(eventId, subscription, marker.order);
  const key: DeliveryKey = { eventId, subscriptionId: id, run: 0 };
  await ports.history.keep(marker.order, event);
  await ports.queue.send([
    {
      message: { v: 1, ...key, topic: marker.topic, via, order: marker.order, attempt: 1, event },
      delaySeconds: 0,
    },
  ]);
  return { eventId, deliveryId: deliveryId(key), isReplay: marker.order !== order };
}

/** Follows from its place in the history, so that a repetition makes the same. */
function testEvent(eventId: string, { id, topic }: Subscription, order: string): Event {
  return {
    id: eventId,
    topic: testTopic,
    source: '/v1/subscriptions',
    subject: id,
    time: new Date(millisecondsOfOrder(order)).toISOString(),
    dataJson: JSON.stringify({ subscription_id: id, topic: selectorText(topic) }),
  };
}
