import { ServiceError } from '../errors';
import type { Principal } from '../principal';
import type { Delivery, DeliveryKey } from './delivery';
import { type OwnDeliveriesPorts, ownOnes, requireOwnSubscription } from './own-deliveries';
import type { DeliveryStore } from './ports';
import { type ResendPorts, resendDeliveries } from './resend-delivery';

export interface ResendOwnPorts extends ResendPorts, OwnDeliveriesPorts {
  readonly deliveries: DeliveryStore;
}

/** What a caller wants sent again: one delivery, the dead of a subscription, or all dead ones. */
export type ResendSelection =
  | ({ readonly of: 'delivery' } & DeliveryKey)
  | { readonly of: 'subscription'; readonly subscriptionId: string }
  | { readonly of: 'all' };

export interface ResendAnswer {
  /** Dead deliveries that were found. */
  readonly matched: number;
  /** Those of them that were started; 0 in a dry run. */
  readonly resent: number;
  /** Where to go on: a call does a bounded amount of work. */
  readonly next?: string;
}

/** A page of rows is written and queued at a time. */
const PAGE = 100;

/** A door answers well within its time-out; the caller goes on with `next`. */
const WORK_MILLISECONDS = 6000;

/**
 * Sends dead deliveries of the caller's subscriptions again.
 * @throws ServiceError `not_found`, or `conflict` for a single delivery that is not dead.
 */
export async function resendOwnDeliveries(
  selection: ResendSelection,
  options: { readonly dryRun: boolean; readonly after?: string | undefined },
  principal: Principal,
  ports: ResendOwnPorts,
): Promise<ResendAnswer> {
  if (selection.of === 'delivery') {
    return resend([await findDead(selection, principal, ports)], options.dryRun, ports);
  }
  if (selection.of === 'subscription') {
    await requireOwnSubscription(selection.subscriptionId, principal, ports);
  }
  const until = ports.now().getTime() + WORK_MILLISECONDS;
  let { after } = options;
  let total = { matched: 0, resent: 0 };
  do {
    const page = await ports.deliveries.dead({ limit: PAGE, after });
    const wanted = page.deliveries.filter(
      ({ subscriptionId }) => selection.of === 'all' || subscriptionId === selection.subscriptionId,
    );
    const done = await resend(await ownOnes(wanted, principal, ports), options.dryRun, ports);
    total = { matched: total.matched + done.matched, resent: total.resent + done.resent };
    after = page.next;
  } while (after !== undefined && ports.now().getTime() < until);
  return { ...total, ...(after !== undefined && { next: after }) };
}

async function findDead(key: DeliveryKey, principal: Principal, ports: ResendOwnPorts): Promise<Delivery> {
  await requireOwnSubscription(key.subscriptionId, principal, ports);
  const row = await ports.deliveries.read(key);
  if (!row) {
    throw new ServiceError('not_found', 'there is no delivery of that event for that subscription and run');
  }
  if (row.state !== 'dead') {
    throw new ServiceError('conflict', `the delivery is ${row.state}; only dead ones are sent again`);
  }
  return row;
}

async function resend(rows: readonly Delivery[], dryRun: boolean, ports: ResendOwnPorts) {
  return { matched: rows.length, resent: dryRun ? 0 : await resendDeliveries(rows, ports) };
}
