import type { SubscriptionReference, SubscriptionStore } from '../../topics/ports';
import type { Subscription } from '../../topics/subscriptions/subscription';

/**
 * Finds subscriptions one by one with the reads of many: what is asked for in the same turn of the event loop
 * (a batch of messages, often all of one subscription) becomes one call.
 */
export function findTogether(
  store: Pick<SubscriptionStore, 'findMany'>,
): (reference: SubscriptionReference) => Promise<Subscription | undefined> {
  let open: { references: SubscriptionReference[]; found: ReturnType<typeof store.findMany> } | undefined;
  return async (reference) => {
    open ??= begin();
    open.references.push(reference);
    return (await open.found).get(reference.id);
  };

  function begin() {
    const references: SubscriptionReference[] = [];
    const found = Promise.resolve().then(() => {
      open = undefined;
      return store.findMany(references);
    });
    return { references, found };
  }
}
