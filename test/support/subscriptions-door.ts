import { noOwnTargets, type OwnTargets } from '../../core/webhooks/targets/target-arn';
import {
  makeManageSubscriptions,
  subscriptionMethods,
} from '../../lambdas/manage/subscriptions/manage-subscriptions';
import { authenticate, type DoorAnswer, type DoorCall, openManageDoor } from './manage-door';
import { MemoryDeliveryQueue, MemoryEventHistory, MemoryFanOutMarkers } from './memory-dispatch';
import { MemorySubscriptionStore, MemoryTopicStore } from './memory-registry';
import { MemoryReplayStore, MemoryRunNumbers } from './memory-replays';

export type SubscriptionsStage = Awaited<ReturnType<typeof openSubscriptions>>;

/** The door of subscriptions on stores in memory, with the topic `orders`. @param seed of its randomness. */
export async function openSubscriptions(seed = 1, ownTargets: OwnTargets = noOwnTargets) {
  let state = seed;
  const random = (count: number) =>
    Uint8Array.from({ length: count }, () => {
      state = (state * 16_807) % 2_147_483_647;
      return state % 256;
    });
  const clock = { now: Date.parse('2026-11-20T12:00:00.000Z') };
  const stores = {
    topics: new MemoryTopicStore(),
    subscriptions: new MemorySubscriptionStore(),
    markers: new MemoryFanOutMarkers(),
    history: new MemoryEventHistory(),
    queue: new MemoryDeliveryQueue(),
  };
  await stores.topics.create({
    key: { door: 'manage', name: 'orders' },
    createdAt: '2026-11-20T10:00:00.000Z',
  });
  const handler = makeManageSubscriptions({
    ...stores,
    replays: { replays: new MemoryReplayStore(), runs: new MemoryRunNumbers() },
    confirmations: stores.queue,
    publicBaseUrl: '',
    privateTargets: false,
    ownTargets,
    authenticate,
    random,
    now: () => clock.now,
  });
  const scopes = 'subscriptions:read subscriptions:write';
  const door = openManageDoor('manage-subscriptions', subscriptionMethods, handler, scopes);
  const target = 'https://hooks.example/orders?key=1';
  return {
    ...stores,
    clock,
    door,
    /** Makes a subscription to `orders`. */
    order: (body: object = {}, headers: Record<string, string> = {}, subject = 'alice') =>
      door('POST', '/v1/subscriptions', { body: { topic: 'orders', target, ...body }, headers, subject }),
    /** Calls what is below one subscription. */
    one: (method: string, id: string, call: DoorCall = {}): Promise<DoorAnswer> => {
      const resource = call.resource ?? '/v1/subscriptions/{id}';
      const path = resource.replace('{id}', encodeURIComponent(id));
      return door(method, resource, { ...call, path, parameters: { id: encodeURIComponent(id) } });
    },
  };
}
