import type { Event } from '../../core/events/event';
import type { Subscription } from '../../core/topics/subscriptions/subscription';
import type { Delivery, DeliveryMessage } from '../../core/webhooks/deliveries/delivery';

export function anEvent(changes: Partial<Event> = {}): Event {
  return {
    id: 'evt_1',
    topic: { door: 'system', name: 'profile.created' },
    source: '/profiles',
    subject: 'ad|Mozilla-LDAP|jdoe',
    time: '2026-11-20T09:00:00.000Z',
    dataJson: '{"a":1}',
    ...changes,
  };
}

export function aSubscription(changes: Partial<Subscription> = {}): Subscription {
  return {
    id: 'sub_1',
    topic: { door: 'system', name: 'profile.created' },
    owner: 'owner@clients',
    target: 'https://subscriber.test/hook',
    format: 'standard',
    state: 'active',
    policy: { success: '2xx', finalStatuses: [], scheduleSeconds: [5, 7200], jitter: 0, timeoutSeconds: 15 },
    secrets: [{ secret: `whsec_${Buffer.alloc(32, 1).toString('base64')}` }],
    headers: {},
    createdAt: '2026-11-01T00:00:00.000Z',
    updatedAt: '2026-11-01T00:00:00.000Z',
    ...changes,
  };
}

export function aDeliveryMessage(changes: Partial<DeliveryMessage> = {}): DeliveryMessage {
  return {
    v: 1,
    eventId: 'evt_1',
    subscriptionId: 'sub_1',
    run: 0,
    topic: 'system/profile.created',
    order: '0001',
    attempt: 1,
    ...changes,
  };
}

export function aDelivery(changes: Partial<Delivery> = {}): Delivery {
  return {
    eventId: 'evt_1',
    subscriptionId: 'sub_1',
    run: 0,
    topic: 'system/profile.created',
    order: '0001',
    state: 'pending',
    attempt: 1,
    attempts: [],
    scheduleStart: 1,
    resends: 0,
    createdAt: '2026-11-20T09:00:00.000Z',
    updatedAt: '2026-11-20T09:00:00.000Z',
    version: 1,
    ...changes,
  };
}
