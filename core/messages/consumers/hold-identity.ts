import type { SubscriptionStore } from '../../topics/ports';
import { taken } from '../field-errors';
import type { ConsumerIdentity, IdentityClaims } from '../ports';

/** A door's call is over long before. */
const MAKING_MILLISECONDS = 24 * 3600 * 1000;

/** Likewise; so long a name is held for a consumer whose call to lead it there crashed. */
const MOVING_MILLISECONDS = 60_000;

/** Each try meets another call that has just made, moved or deleted a consumer of that identity. */
const MAX_TRIES = 5;

/**
 * Keeps an identity for a subscription: docs/decisions/061-a-consumers-name-is-claimed.md. A claim whose subscription
 * is deleted, leads elsewhere now or was never made in a day is taken over; one that is younger is finished. One that
 * was made after the last change of its subscription is of a call that is about to lead it there.
 * @param at ISO 8601.
 * @returns the id of the subscription to make: `id`, or the one that a call that crashed would have made.
 * @throws RefusedFields when a consumer has that identity.
 */
export async function holdIdentity(
  identity: ConsumerIdentity,
  id: string,
  {
    claims,
    subscriptions,
  }: { readonly claims: IdentityClaims; readonly subscriptions: Pick<SubscriptionStore, 'findMany'> },
  at: string,
): Promise<string> {
  const claim = { subscriptionId: id, at };
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const standing = await claims.claim(identity, claim);
    if (standing.subscriptionId === id) {
      // From an earlier time here: made anew, so that nobody takes it for one that was left.
      if (standing.at === at || (await claims.replace(identity, standing, claim))) {
        return id;
      }
      continue;
    }
    const reference = {
      id: standing.subscriptionId,
      topic: { door: 'topics', name: identity.topic },
    } as const;
    const holder = (await subscriptions.findMany([reference])).get(reference.id);
    const age = Date.parse(at) - Date.parse(standing.at);
    if (holder && holder.state !== 'deleted') {
      const isHere = holder.target === identity.target && holder.format === identity.format;
      if (isHere || (holder.updatedAt < standing.at && age < MOVING_MILLISECONDS)) {
        throw taken('target');
      }
    }
    if (!holder && age < MAKING_MILLISECONDS) {
      return standing.subscriptionId;
    }
    if (await claims.replace(identity, standing, claim)) {
      return id;
    }
  }
  throw new Error('the name of the consumer keeps changing hands');
}
