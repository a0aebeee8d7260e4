import { ServiceError } from '../errors';
import { decodePageToken, encodePageToken, wrongPageToken } from '../page-token';
import type { Principal } from '../principal';
import type { SubscriptionStore } from '../topics/ports';
import type { Subscription } from '../topics/subscription';

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

/** Where a walk goes on: the token of the page, the subscription on it, and the place within that one. */
interface Place {
  readonly page?: string | undefined;
  readonly id?: string | undefined;
  readonly within?: string | undefined;
}

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
  let place: Place = walk.after === undefined ? {} : parsePlace(walk.after);
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
          return encodePageToken(JSON.stringify([page ?? null, subscription.id, next ?? null]));
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

function parsePlace(token: string): Place {
  const parts = parseJson(decodePageToken(token) ?? '');
  const isPlace =
    Array.isArray(parts) &&
    parts.length === 3 &&
    parts.every((part) => part === null || typeof part === 'string');
  if (!isPlace) {
    throw wrongPageToken();
  }
  const [page, id, within] = parts.map((part) => part ?? undefined);
  return { page, id, within };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
