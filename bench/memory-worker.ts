import type { Subscription } from '../core/topics/subscription';
import { withoutWaiting } from '../core/webhooks/share-places';
import { makeHttpWebhookTarget } from '../lambdas/aws/http-webhook-target';
import { deliverWebhooks } from '../lambdas/webhooks/deliver-webhooks';
import { makeMemoryDeliveryStore } from '../test/support/memory-delivery-store';
import { MemoryEventHistory } from '../test/support/memory-dispatch';
import { MemorySubscriptionStore } from '../test/support/memory-registry';
import { makeMemoryTargetHealth } from '../test/support/memory-target-health';
import { makeMemoryTargetLimits } from '../test/support/memory-target-limits';

/** The worker with its stores in memory and its real connections. */
export function makeMemoryWorker(given: readonly Subscription[]) {
  const subscriptions = new MemorySubscriptionStore();
  for (const subscription of given) {
    subscriptions.subscriptions.set(subscription.id, subscription);
  }
  const target = makeHttpWebhookTarget({ allow: true });
  const fail = async () => {
    throw new Error('nothing may fail here');
  };
  const handle = deliverWebhooks(
    {
      ...{ subscriptions, target, deliveries: makeMemoryDeliveryStore(), history: new MemoryEventHistory() },
      findSubscription: ({ id }) => subscriptions.find(id),
      tokens: { read: async () => ({ failure: 'token_unavailable' }) },
      ...{ queue: { send: fail }, deadLetters: { send: fail }, events: { append: fail } },
      health: makeMemoryTargetHealth(subscriptions.subscriptions),
      limits: withoutWaiting(makeMemoryTargetLimits()),
      pause: fail,
      now: () => new Date(),
      random: Math.random,
    },
    { handled: () => undefined, postponed: (error) => console.error(error) },
  );
  return {
    handle: (body: unknown) => handle(body, undefined as never),
    close: () => target.close(),
  };
}
