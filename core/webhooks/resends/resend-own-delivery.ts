import { ServiceError } from '../../errors';
import { bytesFrom, type Idempotency } from '../../idempotency';
import type { Principal } from '../../principal';
import { isUnconfirmed } from '../../topics/subscriptions/confirmation';
import { type Delivery, type DeliveryKey, deliveryId } from '../deliveries/delivery';
import { newDelivery, nextMessage } from '../deliveries/delivery-steps';
import { requireOwnSubscription } from '../deliveries/own-subscriptions';
import type { RunNumbers } from '../ports';
import { canBeResent } from './resend-delivery';
import { type ResendAnswer, type ResendOwnPorts, resendPage } from './resend-own-deliveries';

export interface ResendOnePorts extends ResendOwnPorts {
  readonly runs: RunNumbers;
}

export interface ResendOneAnswer extends ResendAnswer {
  /** Of the delivery that was started; with `force` one of a new run. */
  readonly deliveryId: string;
}

/**
 * Sends one delivery again. With `force` also one that was delivered or skipped for good: as a new run, because
 * what has ended so stays as it is.
 * @param options.idempotency with it a repetition names the same run, and sends nothing once that was tried.
 * @throws ServiceError `not_found`, or `conflict` for a delivery whose state does not allow it.
 */
export async function resendOwnDelivery(
  key: DeliveryKey,
  options: {
    readonly dryRun: boolean;
    readonly force: boolean;
    readonly idempotency?: Idempotency | undefined;
  },
  principal: Principal,
  ports: ResendOnePorts,
): Promise<ResendOneAnswer> {
  const subscription = await requireOwnSubscription(key.subscriptionId, principal, ports);
  const row = await ports.deliveries.read(key);
  if (!row) {
    throw new ServiceError('not_found', 'there is no delivery of that event for that subscription and run');
  }
  if (canBeResent(row)) {
    return { ...(await resendPage([row], subscription, options.dryRun, ports)), deliveryId: deliveryId(row) };
  }
  requireForce(row, options.force);
  if (subscription.state !== 'active' || isUnconfirmed(subscription)) {
    const why = subscription.state === 'active' ? 'unconfirmed' : subscription.state;
    const left = { [`subscription_${why}`]: 1 };
    return { matched: 1, resent: 0, left, deliveryId: deliveryId(row) };
  }
  if (options.dryRun) {
    return { matched: 1, resent: 0, left: {}, deliveryId: deliveryId(row) };
  }
  return sendAsNewRun(row, ports, options.idempotency);
}

function requireForce({ state, reason }: Delivery, force: boolean): void {
  const isOver = state === 'delivered' || state === 'skipped';
  if (isOver && force) {
    return;
  }
  const told = reason === undefined ? state : `${state} (${reason})`;
  throw new ServiceError(
    'conflict',
    isOver
      ? `the delivery is ${told}; "force": true sends the event once more, as a new run`
      : `the delivery is ${told}; only what is dead, skipped or delivered can be sent again`,
  );
}

async function sendAsNewRun(
  row: Delivery,
  ports: ResendOnePorts,
  idempotency: Idempotency | undefined,
): Promise<ResendOneAnswer> {
  const run = idempotency ? derivedRun(idempotency) : await ports.runs.next(row.subscriptionId);
  if (idempotency && (await ports.deliveries.read({ ...row, run }))) {
    return { matched: 1, resent: 1, left: {}, deliveryId: deliveryId({ ...row, run }) };
  }
  const message = nextMessage({ ...newDelivery({ ...nextMessage(row), run }, ports.now()) });
  await ports.queue.send([{ message, delaySeconds: 0 }]);
  return { matched: 1, resent: 1, left: {}, deliveryId: deliveryId(message) };
}

/** Ids have room for nine digits of a run; those that are counted never come as far as half of them. */
const FIRST_DERIVED_RUN = 500_000_000;

/** Law 4: the same key names the same run. Only runs of one event for one subscription could ever meet. */
function derivedRun({ seed }: Idempotency): number {
  const bytes = Buffer.from(bytesFrom(seed)(4));
  return FIRST_DERIVED_RUN + (bytes.readUInt32BE() % FIRST_DERIVED_RUN);
}
