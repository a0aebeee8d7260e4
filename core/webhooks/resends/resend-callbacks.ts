import type { AccountStore } from '../../accounts/ports';
import { decodeWalkToken, encodeWalkToken, type WalkPlace } from '../../page-token';
import type { SubscriptionStore } from '../../topics/ports';
import type { Subscription } from '../../topics/subscriptions/subscription';
import { walkOwnSubscriptions } from '../deliveries/own-subscriptions';
import type { DeliveryListing, DeliveryStore } from '../ports';
import { type ResendPorts, resendDeliveries } from './resend-delivery';

export interface ResendCallbacksPorts extends ResendPorts {
  readonly accounts: Pick<AccountStore, 'list'>;
  readonly subscriptions: Pick<SubscriptionStore, 'list'>;
  readonly deliveries: Pick<DeliveryListing, 'deadOf'> & Pick<DeliveryStore, 'write'>;
}

/** Accounts are read so many at a time; a page of rows is written and queued at a time. */
const ACCOUNTS_PER_PAGE = 50;
const PAGE = 100;

/** A door answers well within its time-out; the caller goes on with `next`. */
const WORK_MILLISECONDS = 6000;

/**
 * Starts the dead letters of ADS's subscriptions again, account after account, each with the id and time of its
 * event. What cannot go, because its subscription is off, stays dead.
 * @param after where an earlier call stopped.
 * @throws ServiceError `parameter_invalid` for a place that no call told.
 */
export async function resendCallbacks(
  after: string | undefined,
  ports: ResendCallbacksPorts,
): Promise<{ readonly resent: number; readonly next?: string }> {
  const until = ports.now().getTime() + WORK_MILLISECONDS;
  const isOver = () => ports.now().getTime() >= until;
  let resent = 0;
  let begun = false;
  let place: WalkPlace = decodeWalkToken(after);
  for (;;) {
    const { page, id: earlier, within: earlierPlace } = place;
    const listed = await ports.accounts.list({
      limit: ACCOUNTS_PER_PAGE,
      ...(page !== undefined && { after: page }),
    });
    // An account that was deleted in the meantime is not found: its page begins anew.
    const first = listed.accounts.findIndex(({ id }) => id === earlier);
    for (const { id } of listed.accounts.slice(Math.max(0, first))) {
      let within = id === earlier ? earlierPlace : undefined;
      do {
        if (begun && isOver()) {
          return { resent, next: encodeWalkToken({ page, id, within }) };
        }
        begun = true;
        const owner = { subject: id, scopes: new Set<string>() };
        within = await walkOwnSubscriptions(owner, ports.subscriptions, { after: within, visit, isOver });
      } while (within !== undefined);
    }
    if (listed.next === undefined) {
      return { resent };
    }
    place = { page: listed.next };
  }

  async function visit(
    { id, format, state }: Subscription,
    within: string | undefined,
  ): Promise<string | undefined> {
    if (format !== 'ads' || state !== 'active') {
      return undefined;
    }
    const page = await ports.deliveries.deadOf(id, { limit: PAGE, after: within });
    resent += await resendDeliveries(page.deliveries, ports);
    return page.next;
  }
}
