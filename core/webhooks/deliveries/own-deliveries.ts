import { ServiceError } from '../../errors';
import type { Principal } from '../../principal';
import type { SubscriptionStore } from '../../topics/ports';
import type { Subscription } from '../../topics/subscriptions/subscription';
import type { DeliveryListing, DeliveryPage, DeliveryRange, DeliveryStore, PageRequest } from '../ports';
import { type Delivery, type DeliveryState, subscriptionOf } from './delivery';
import { deliveryDigest, isDeliveryDigest, parseDeliveryId } from './delivery-id';
import { requireOwnSubscription, walkOwnSubscriptions } from './own-subscriptions';

export interface OwnDeliveriesPorts {
  readonly deliveries: Pick<DeliveryStore, 'read' | 'ofEvent'> & DeliveryListing;
  readonly subscriptions: Pick<SubscriptionStore, 'find' | 'findMany' | 'list'>;
  readonly now: () => Date;
}

/** When deliveries were made, as a caller limits it; ISO 8601, UTC, with milliseconds. */
export interface Period {
  readonly from?: string | undefined;
  /** Exclusive. */
  readonly to?: string | undefined;
}

/** What a caller looks for. */
export type DeliveryFilter =
  | { readonly by: 'event'; readonly eventId: string }
  | ({
      readonly by: 'subscription';
      readonly subscriptionId: string;
      readonly state?: DeliveryState | undefined;
    } & Period)
  | { readonly by: 'dead' };

/**
 * The deliveries of the caller's own subscriptions; others are left out, so a page may hold less than its limit
 * and still have a next one. By event or subscription, those of deleted subscriptions are included; all dead ones
 * come subscription by subscription.
 * @throws ServiceError `not_found` for a subscription that is not the caller's.
 */
export async function listOwnDeliveries(
  filter: DeliveryFilter,
  page: PageRequest,
  principal: Principal,
  ports: OwnDeliveriesPorts,
): Promise<DeliveryPage> {
  switch (filter.by) {
    case 'event': {
      const found = await ports.deliveries.ofEvent(filter.eventId, page);
      return { ...found, deliveries: await ownOnes(found.deliveries, principal, ports) };
    }
    case 'subscription': {
      const subscription = await requireOwnSubscription(filter.subscriptionId, principal, ports);
      return listOfSubscription(subscription, filter, page, ports);
    }
    default:
      return listDead(page, principal, ports);
  }
}

/** Deliveries that have ended are kept for 30 days, and none is pending for longer than the history is kept. */
const LISTED_DAYS = 60;

/** The deliveries of one subscription, by the index that leads to them with the least reading. */
export async function listOfSubscription(
  { id, createdAt }: Pick<Subscription, 'id' | 'createdAt'>,
  { from, to, state }: Period & { readonly state?: DeliveryState | undefined },
  page: PageRequest,
  { deliveries, now }: Pick<OwnDeliveriesPorts, 'deliveries' | 'now'>,
): Promise<DeliveryPage> {
  if (state === 'dead') {
    // Who died then was made before: what was made earlier is left out here.
    const found = await deliveries.deadOf(id, page, from);
    return { ...found, deliveries: found.deliveries.filter((row) => isWithin(row, { from, to })) };
  }
  const earliest = new Date(now().getTime() - LISTED_DAYS * 24 * 3600_000).toISOString();
  // The clocks of those who make subscriptions and deliveries differ a little: from the day before.
  const dayBefore = new Date(Date.parse(createdAt) - 24 * 3600_000).toISOString();
  const range: DeliveryRange = {
    from: [from ?? earliest, dayBefore].sort().at(-1) ?? dayBefore,
    to: to ?? new Date(now().getTime() + 24 * 3600_000).toISOString(),
    state,
  };
  return deliveries.ofSubscription(id, range, page);
}

function isWithin({ createdAt }: Delivery, { from, to }: Period): boolean {
  return (from === undefined || createdAt >= from) && (to === undefined || createdAt < to);
}

async function listDead(
  { limit, after }: PageRequest,
  principal: Principal,
  { deliveries, subscriptions }: OwnDeliveriesPorts,
): Promise<DeliveryPage> {
  const found: Delivery[] = [];
  const next = await walkOwnSubscriptions(principal, subscriptions, {
    after,
    isOver: () => found.length >= limit,
    visit: async ({ id }, within) => {
      const page = await deliveries.deadOf(id, { limit: limit - found.length, after: within });
      found.push(...page.deliveries);
      return page.next;
    },
  });
  return { deliveries: found, ...(next !== undefined && { next }) };
}

/** Pages of an event that are looked through for a delivery that is named by a digest. */
const PAGES_SEARCHED = 20;

/**
 * One delivery of the caller's.
 * @param options.eventId helps to find a delivery by an id of the first form, which leads nowhere by itself.
 * @throws ServiceError `not_found`, also for another's and for one whose first attempt was not made yet.
 */
export async function findOwnDelivery(
  id: string,
  options: { readonly eventId?: string | undefined },
  principal: Principal,
  ports: OwnDeliveriesPorts,
): Promise<Delivery> {
  const key = parseDeliveryId(id);
  const row = key
    ? await ports.deliveries.read(key)
    : isDeliveryDigest(id) && options.eventId !== undefined
      ? await findByDigest(id, options.eventId, ports)
      : undefined;
  const [own] = row ? await ownOnes([row], principal, ports) : [];
  if (!own) {
    throw new ServiceError(
      'not_found',
      isDeliveryDigest(id) && options.eventId === undefined
        ? 'ids of this form are found with the event: add "?event_id=…", or list the deliveries of the event'
        : 'you have no delivery of that id; it is there once its first attempt was made, until 30 days after its end',
    );
  }
  return own;
}

async function findByDigest(id: string, eventId: string, { deliveries }: OwnDeliveriesPorts) {
  let after: string | undefined;
  for (let pages = 0; pages < PAGES_SEARCHED; pages += 1) {
    const page = await deliveries.ofEvent(eventId, { limit: 100, after });
    const found = page.deliveries.find((row) => deliveryDigest(row) === id);
    if (found || page.next === undefined) {
      return found;
    }
    after = page.next;
  }
  return undefined;
}

/** Those whose subscription belongs to the caller. */
async function ownOnes(
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
