import { ServiceError } from '../errors';
import type { Principal } from '../principal';
import type { SubscriptionStore } from '../topics/ports';
import { type Delivery, subscriptionOf } from './delivery';
import type { DeliveryPage, DeliveryStore, PageRequest } from './ports';

export interface OwnDeliveriesPorts {
  readonly deliveries: Pick<DeliveryStore, 'ofEvent' | 'ofSubscription' | 'dead'>;
  readonly subscriptions: Pick<SubscriptionStore, 'find' | 'findMany'>;
}

/** What a caller looks for; the day is `YYYY-MM-DD`, UTC. */
export type DeliveryFilter =
  | { readonly by: 'event'; readonly eventId: string }
  | { readonly by: 'subscription'; readonly subscriptionId: string; readonly day: string }
  | { readonly by: 'dead' };

/**
 * The deliveries of the caller's own subscriptions, deleted ones included; others are left out, so a page may
 * hold less than its limit and still have a next one.
 * @throws ServiceError `not_found` for a subscription that is not the caller's.
 */
export async function listOwnDeliveries(
  filter: DeliveryFilter,
  page: PageRequest,
  principal: Principal,
  ports: OwnDeliveriesPorts,
): Promise<DeliveryPage> {
  const { deliveries } = ports;
  if (filter.by === 'subscription') {
    await requireOwnSubscription(filter.subscriptionId, principal, ports);
    return deliveries.ofSubscription(filter.subscriptionId, filter.day, page);
  }
  const found =
    filter.by === 'event' ? await deliveries.ofEvent(filter.eventId, page) : await deliveries.dead(page);
  return { ...found, deliveries: await ownOnes(found.deliveries, principal, ports) };
}

/** @throws ServiceError `not_found`, the same for what is not there and what is another's. */
export async function requireOwnSubscription(
  id: string,
  principal: Principal,
  { subscriptions }: Pick<OwnDeliveriesPorts, 'subscriptions'>,
): Promise<void> {
  const found = await subscriptions.find(id);
  if (found?.owner !== principal.subject) {
    throw new ServiceError(
      'not_found',
      'you have no subscription of that id; GET /v1/subscriptions lists yours',
    );
  }
}

/** Those whose subscription belongs to the caller. */
export async function ownOnes(
  rows: readonly Delivery[],
  principal: Principal,
  { subscriptions }: Pick<OwnDeliveriesPorts, 'subscriptions'>,
): Promise<readonly Delivery[]> {
  if (rows.length === 0) {
    return [];
  }
  const found = await subscriptions.findMany(rows.map(subscriptionOf));
  return rows.filter(({ subscriptionId }) => found.get(subscriptionId)?.owner === principal.subject);
}
