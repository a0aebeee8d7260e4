import type { SubscriptionReference } from '../../topics/ports';
import { isUnconfirmed } from '../../topics/subscriptions/confirmation';
import type { Subscription } from '../../topics/subscriptions/subscription';
import { type Delivery, type DeliveryMessage, subscriptionOf } from '../deliveries/delivery';
import { ended, hasLiveClaim, kept, newDelivery } from '../deliveries/delivery-steps';
import { parseDeadLetterMessage, parseDeliveryMessage } from '../deliveries/queue-messages';
import { type SettlePorts, settleDelivery } from '../deliveries/settle-delivery';
import type { DeadLetterInbox, DeliveryStore, ReceivedDeadLetter } from '../ports';
import { resendDeliveries } from './resend-delivery';

export interface DeadLetterPorts extends SettlePorts {
  readonly deliveries: Pick<DeliveryStore, 'read' | 'write'>;
  readonly inbox: DeadLetterInbox;
  readonly findSubscription: (reference: SubscriptionReference) => Promise<Subscription | undefined>;
}

export interface DeadLetterRule {
  /** Minutes after its death at which a delivery is sent again by itself; 0: never. */
  readonly resendAfterMinutes: number;
}

/** What became of a message: `unreadable` ones stay on the queue, as evidence and for the alarm. */
type Settlement = 'removed' | 'resent' | 'kept' | 'unreadable';

export type SettledDeadLetters = Readonly<Record<Settlement, number>>;

/** A delivery that died this often will not come to life by itself: attempts stay bounded. */
const MAX_AUTOMATIC_RESENDS = 10;

/** Sending these again changes nothing: the event is no more, or the subscriber asked to be left alone. */
const hopeless: ReadonlySet<string | undefined> = new Set(['event_expired', 'gone']);

/**
 * Goes through the dead-letter queue once: removes what is no longer dead, sends again what the rule lets it,
 * and turns messages that crashed the worker into dead deliveries. What is left stays hidden for a few minutes.
 * @param deadline nothing is received after it; the next tick goes on.
 * @throws the first failure, when all that was received has been tried: one message holds no other one up.
 */
export async function settleDeadLetters(
  ports: DeadLetterPorts,
  rule: DeadLetterRule,
  deadline: Date,
): Promise<SettledDeadLetters> {
  const counts = { removed: 0, resent: 0, kept: 0, unreadable: 0 };
  const failures: unknown[] = [];
  while (ports.now() < deadline) {
    const received = await ports.inbox.receive();
    if (received.length === 0) {
      break;
    }
    for (const result of await Promise.allSettled(received.map((letter) => settle(letter, ports, rule)))) {
      if (result.status === 'fulfilled') {
        counts[result.value] += 1;
      } else {
        failures.push(result.reason);
      }
    }
  }
  if (failures.length > 0) {
    throw failures[0];
  }
  return counts;
}

async function settle(
  { body, receipt }: ReceivedDeadLetter,
  ports: DeadLetterPorts,
  rule: DeadLetterRule,
): Promise<Settlement> {
  const pointer = parseDeadLetterMessage(body);
  const crashed = parseDeliveryMessage(body);
  const settlement = pointer
    ? await settlePointer(await ports.deliveries.read(pointer), ports, rule)
    : crashed
      ? await settleCrashed(crashed, ports)
      : 'unreadable';
  if (settlement === 'removed' || settlement === 'resent') {
    await ports.inbox.remove(receipt);
  }
  return settlement;
}

async function settlePointer(
  row: Delivery | undefined,
  ports: DeadLetterPorts,
  rule: DeadLetterRule,
): Promise<Settlement> {
  if (row?.state !== 'dead') {
    return 'removed';
  }
  if (!maySendAgain(row, rule, ports.now())) {
    return 'kept';
  }
  const subscription = await ports.findSubscription(subscriptionOf(row));
  if (subscription?.state !== 'active') {
    await keep(row, `subscription_${subscription?.state ?? 'deleted'}`, ports);
    return 'kept';
  }
  if (isUnconfirmed(subscription)) {
    await keep(row, 'subscription_unconfirmed', ports);
    return 'kept';
  }
  await resendDeliveries([row], ports);
  return 'resent';
}

/** To a subscription that is off it would be sent in vain: it waits, says why, and goes when that is over. */
async function keep(row: Delivery, reason: string, { deliveries, now }: DeadLetterPorts): Promise<void> {
  if (row.keptReason !== reason) {
    // A conflict means that somebody has sent it again meanwhile.
    await deliveries.write(kept(row, reason, now()));
  }
}

function maySendAgain(row: Delivery, { resendAfterMinutes }: DeadLetterRule, now: Date): boolean {
  const deadFor = now.getTime() - Date.parse(row.endedAt ?? row.updatedAt);
  return (
    resendAfterMinutes > 0 &&
    deadFor >= resendAfterMinutes * 60_000 &&
    row.resends < MAX_AUTOMATIC_RESENDS &&
    !hopeless.has(row.reason)
  );
}

/** The queue gave this message up: it took the worker down, or a store failed, every time it was tried. */
async function settleCrashed(message: DeliveryMessage, ports: DeadLetterPorts): Promise<Settlement> {
  const row = await ports.deliveries.read(message);
  if (row === undefined && message.attempt > 1) {
    return 'removed';
  }
  if (row && (row.state !== 'pending' || message.attempt !== row.attempt + 1)) {
    await settleDelivery(row, ports);
    return 'removed';
  }
  if (row && hasLiveClaim(row, ports.now())) {
    return 'kept';
  }
  const dead = ended(row ?? newDelivery(message, ports.now()), 'dead', 'worker_crashed', ports.now());
  if ((await ports.deliveries.write(dead)) === 'conflict') {
    return 'kept';
  }
  await settleDelivery(dead, ports);
  return 'removed';
}
