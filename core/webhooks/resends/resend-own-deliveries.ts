import { type TopicKey, topicKeyText } from '../../events/event';
import type { Principal } from '../../principal';
import { isUnconfirmed } from '../../topics/subscriptions/confirmation';
import type { Subscription } from '../../topics/subscriptions/subscription';
import type { Delivery } from '../deliveries/delivery';
import { listOfSubscription, type OwnDeliveriesPorts, type Period } from '../deliveries/own-deliveries';
import { requireOwnSubscription, walkOwnSubscriptions } from '../deliveries/own-subscriptions';
import type { DeliveryStore } from '../ports';
import { canBeResent, type ResendPorts, resendDeliveries } from './resend-delivery';

export interface ResendOwnPorts extends ResendPorts, OwnDeliveriesPorts {
  readonly deliveries: OwnDeliveriesPorts['deliveries'] & DeliveryStore;
}

/** Which of the caller's ended deliveries are to be sent again: all that match everything that is given. */
export interface ResendFilter extends Period {
  readonly subscriptionId?: string | undefined;
  readonly topic?: TopicKey | undefined;
  /** `skipped`: those alone that were skipped because their subscription was paused or disabled. */
  readonly state: 'dead' | 'skipped';
  /** Of the end, such as `attempts_used_up`. */
  readonly reason?: string | undefined;
}

export interface ResendAnswer {
  /** Ended deliveries that the filter found. */
  readonly matched: number;
  /** Those of them that were started; 0 in a dry run. */
  readonly resent: number;
  /** Those that cannot go and stay as they are, by the reason; counted in a dry run, too. */
  readonly left: Readonly<Record<string, number>>;
  /** Where to go on: a call does a bounded amount of work. */
  readonly next?: string;
}

/** A page of rows is written and queued at a time. */
const PAGE = 100;

/** A door answers well within its time-out; the caller goes on with `next`. */
const WORK_MILLISECONDS = 6000;

/**
 * Sends the caller's dead or skipped deliveries again that match. Repeating it is harmless: what was started is no
 * longer dead, and what was delivered is never found.
 * @throws ServiceError `not_found` for a subscription that is not the caller's.
 */
export async function resendOwnDeliveries(
  filter: ResendFilter,
  options: { readonly dryRun: boolean; readonly after?: string | undefined },
  principal: Principal,
  ports: ResendOwnPorts,
): Promise<ResendAnswer> {
  const until = ports.now().getTime() + WORK_MILLISECONDS;
  const isOver = () => ports.now().getTime() >= until;
  const total = { matched: 0, resent: 0, left: {} as Record<string, number> };
  const visit = async (subscription: Subscription, within: string | undefined) => {
    if (!mayMatch(subscription, filter)) {
      return undefined;
    }
    const page = await listOfSubscription(subscription, filter, { limit: PAGE, after: within }, ports);
    const wanted = page.deliveries.filter((row) => canBeResent(row) && matches(row, filter));
    add(total, await resendPage(wanted, subscription, options.dryRun, ports));
    return page.next;
  };
  const next =
    filter.subscriptionId === undefined
      ? await walkOwnSubscriptions(principal, ports.subscriptions, { after: options.after, visit, isOver })
      : await resendOfOne(await requireOwnSubscription(filter.subscriptionId, principal, ports));
  return { ...total, ...(next !== undefined && { next }) };

  async function resendOfOne(subscription: Subscription): Promise<string | undefined> {
    let within = options.after;
    do {
      within = await visit(subscription, within);
    } while (within !== undefined && !isOver());
    return within;
  }
}

/** Spares the reading of subscriptions to another topic. */
function mayMatch({ topic }: Subscription, filter: ResendFilter): boolean {
  return (
    filter.topic === undefined ||
    topic.isPattern === true ||
    topicKeyText(topic) === topicKeyText(filter.topic)
  );
}

function matches(row: Delivery, { state, reason, topic }: ResendFilter): boolean {
  return (
    row.state === state &&
    (reason === undefined || row.reason === reason) &&
    (topic === undefined || row.topic === topicKeyText(topic))
  );
}

/** Starts what can go. */
export async function resendPage(
  rows: readonly Delivery[],
  subscription: Subscription,
  dryRun: boolean,
  ports: ResendPorts,
): Promise<ResendAnswer> {
  const left: Record<string, number> = {};
  const count = (reason: string, number = 1) => {
    left[reason] = (left[reason] ?? 0) + number;
  };
  const able = rows.filter((row) => {
    const reason = whyItCannotGo(row, subscription);
    if (reason !== undefined) {
      count(reason);
    }
    return reason === undefined;
  });
  const resent = dryRun ? 0 : await resendDeliveries(able, ports);
  if (!dryRun && resent < able.length) {
    count('changed_meanwhile', able.length - resent);
  }
  return { matched: rows.length, resent, left };
}

function whyItCannotGo({ reason }: Delivery, subscription: Subscription): string | undefined {
  const { state } = subscription;
  if (state !== 'active') {
    return `subscription_${state}`;
  }
  if (isUnconfirmed(subscription)) {
    return 'subscription_unconfirmed';
  }
  return reason === 'event_expired' ? reason : undefined;
}

function add(
  total: { matched: number; resent: number; left: Record<string, number> },
  done: ResendAnswer,
): void {
  total.matched += done.matched;
  total.resent += done.resent;
  for (const [reason, number] of Object.entries(done.left)) {
    total.left[reason] = (total.left[reason] ?? 0) + number;
  }
}
