import type { Subscription } from '../core/topics/subscriptions/subscription';
import { type Delivery, deliveryId } from '../core/webhooks/deliveries/delivery';
import { withoutWaiting } from '../core/webhooks/holds/share-places';
import type { DeliveryStore } from '../core/webhooks/ports';
import { makeHttpWebhookTarget } from '../lambdas/aws/http-webhook-target';
import { deliverWebhooks } from '../lambdas/webhooks/deliver-webhooks';
import { makeDeliveryReport } from '../lambdas/webhooks/delivery-report';
import { nobodyIsAsked } from '../test/support/confirmations';
import { MemoryEventHistory } from '../test/support/memory-dispatch';
import { MemorySubscriptionStore } from '../test/support/memory-registry';
import { makeMemoryTargetHealth } from '../test/support/memory-target-health';
import { makeMemoryTargetLimits } from '../test/support/memory-target-limits';

/** The worker with its real connections, its logs and metrics, and stores that take no time. */
export function makeMemoryWorker(given: readonly Subscription[]) {
  const subscriptions = new MemorySubscriptionStore();
  for (const subscription of given) {
    subscriptions.subscriptions.set(subscription.id, subscription);
  }
  const rows = new Map<string, Delivery>();
  const target = makeHttpWebhookTarget({ allow: true });
  const fail = async () => {
    throw new Error('nothing may fail here');
  };
  const handle = deliverWebhooks(
    {
      ...{ subscriptions, target, deliveries: makeLeanStore(rows), history: new MemoryEventHistory() },
      findSubscription: ({ id }) => subscriptions.find(id),
      tokens: { read: async () => ({ failure: 'token_unavailable' }) },
      ...{ queue: { send: fail }, deadLetters: { send: fail }, events: { append: fail } },
      health: makeMemoryTargetHealth(subscriptions.subscriptions),
      ...nobodyIsAsked,
      limits: withoutWaiting(makeMemoryTargetLimits()),
      pause: fail,
      now: () => new Date(),
      random: Math.random,
    },
    makeDeliveryReport('deliver-webhooks'),
  );
  return {
    handle: (body: unknown) => handle(body, undefined as never),
    /** Rows that are kept for ever would be the collector's work, and nobody's else. */
    forget: () => rows.clear(),
    close: () => target.close(),
  };
}

/** Nothing is copied, as the fake of the tests does. */
function makeLeanStore(rows: Map<string, Delivery>): DeliveryStore {
  const none = async () => ({ deliveries: [] });
  return {
    read: async (key) => rows.get(deliveryId(key)),
    write: async (delivery) => {
      const id = deliveryId(delivery);
      if ((rows.get(id)?.version ?? 0) !== delivery.version - 1) {
        return 'conflict';
      }
      rows.set(id, delivery);
      return 'written';
    },
    ofEvent: none,
    due: async () => [],
    paused: none,
  };
}
