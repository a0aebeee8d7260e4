import { ServiceError } from '../../errors';
import { decodeWalkToken, encodeWalkToken, type WalkPlace } from '../../page-token';
import type { Principal } from '../../principal';
import type { SubscriptionStore } from '../../topics/ports';
import type { Subscription } from '../../topics/subscriptions/subscription';

/**
 * The caller's subscription of that id, also a deleted one while its tombstone is there.
 * @throws ServiceError `not_found`, the same for what is not there and what is another's.
 */
export async function requireOwnSubscription(
  id: string,
  principal: Principal,
  { subscriptions }: { readonly subscriptions: Pick<SubscriptionStore, 'find'> },
): Promise<Subscription> {
  const found = await subscriptions.find(id);
  if (found?.owner !== principal.subject) {
    throw new ServiceError(
      'not_found',
      'you have no subscription of that id; GET /v1/subscriptions lists yours',
    );
  }
  return found;
}

/** A page of an owner's list; a place lies within one. */
const SUBSCRIPTIONS_PER_PAGE = 20;

/** Most subscriptions have nothing to show and cost a query each. */
const VISITS_PER_CALL = 200;

/**
 * Visits the caller's subscriptions one after the other, each for as long as its visit has a place to go on from.
 * @param walk.visit returns that place, `undefined` at the end of this subscription.
 * @param walk.isOver asked before every visit but the first: the call has done enough.
 * @returns a token to go on from; `undefined` at the end.
 * @throws ServiceError `parameter_invalid` for a token that no walk gave.
 */
export async function walkOwnSubscriptions(
  principal: Principal,
  subscriptions: Pick<SubscriptionStore, 'list'>,
  walk: {
    readonly after: string | undefined;
    readonly visit: (subscription: Subscription, within: string | undefined) => Promise<string | undefined>;
    readonly isOver: () => boolean;
  },
): Promise<string | undefined> {
  let place: WalkPlace = decodeWalkToken(walk.after);
  for (let visits = 0; ; ) {
    const { page, id, within } = place;
    const listed = await subscriptions.list({
      owner: principal.subject,
      limit: SUBSCRIPTIONS_PER_PAGE,
      ...(page !== undefined && { after: page }),
    });
    // A subscription that was deleted in the meantime is not found: its page begins anew.
    const first = Math.max(
      0,
      listed.subscriptions.findIndex((one) => one.id === id),
    );
    for (const subscription of listed.subscriptions.slice(first)) {
      let next = subscription.id === id ? within : undefined;
      do {
        if (visits > 0 && (visits >= VISITS_PER_CALL || walk.isOver())) {
          return encodeWalkToken({ page, id: subscription.id, within: next });
        }
        next = await walk.visit(subscription, next);
        visits += 1;
      } while (next !== undefined);
    }
    if (listed.next === undefined) {
      return undefined;
    }
    place = { page: listed.next };
  }
}
