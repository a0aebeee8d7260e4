import type { Event } from '../events/event';
import type { EventHistoryReader } from '../events/ports';
import type { SubscriptionReference } from '../topics/ports';
import type { Subscription } from '../topics/subscription';
import { decideAfterAttempt } from './decide-after-attempt';
import { type Attempt, type Delivery, type DeliveryMessage, subscriptionOf } from './delivery';
import { claimed, ended, hasLiveClaim, newDelivery } from './delivery-steps';
import { holdMessage } from './hold-message';
import type { DeliveryStore, TargetResult } from './ports';
import { type PostPorts, postWebhook } from './post-webhook';
import { recordAttempt } from './record-attempt';
import { type SettlePorts, settleDelivery } from './settle-delivery';
import { makeWebhookRequest } from './webhook-request';

export interface DeliverPorts extends SettlePorts, PostPorts {
  readonly deliveries: Pick<DeliveryStore, 'read' | 'write'>;
  readonly findSubscription: (reference: SubscriptionReference) => Promise<Subscription | undefined>;
  readonly history: EventHistoryReader;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
}

/** What a message came to. */
export type MessageOutcome =
  | { readonly outcome: 'attempted' | 'ended'; readonly delivery: Delivery }
  /** The attempt had been made before; what must follow it was repeated. */
  | { readonly outcome: 'repeated'; readonly delivery: Delivery }
  /** The attempt may not be made yet; the message is on its way again. */
  | { readonly outcome: 'held'; readonly reason: HoldReason }
  /** A later attempt of a delivery whose row is no more. */
  | { readonly outcome: 'vanished' };

/** Why an attempt may not be made yet. */
export type HoldReason = 'replaying';

/** A replay is looked after once a minute: so long a live delivery of its subscription waits at least. */
const REPLAY_HOLD_SECONDS = 30;

/** A row may move once or twice under a worker's hands (the tick); more is a fault. */
const MAX_READS = 4;

/** A claim outlasts the attempt, also when the clock of the next worker is ahead. */
const LEASE_TIMEOUTS = 2;

/**
 * Makes the attempt that a message asks for, and records it before anything follows from it: whatever crashes,
 * the message comes again and the row says what is left to do. An attempt that was recorded is never made
 * again, and an ended delivery is never posted.
 * @throws when a store or queue fails, or another worker is at this delivery: the queue must show the message
 *   again.
 */
export async function deliverWebhook(message: DeliveryMessage, ports: DeliverPorts): Promise<MessageOutcome> {
  for (let reads = 0; reads < MAX_READS; reads += 1) {
    const outcome = await tryDelivery(message, ports);
    if (outcome !== 'row_moved') {
      return outcome;
    }
  }
  throw new Error('the delivery keeps changing while it is being worked on');
}

async function tryDelivery(
  message: DeliveryMessage,
  ports: DeliverPorts,
): Promise<MessageOutcome | 'row_moved'> {
  const [row, subscription] = await Promise.all([
    ports.deliveries.read(message),
    ports.findSubscription(subscriptionOf(message)),
  ]);
  if (row === undefined && message.attempt > 1) {
    return { outcome: 'vanished' };
  }
  if (row && (row.state !== 'pending' || message.attempt !== row.attempt + 1)) {
    await settleDelivery(row, ports);
    return { outcome: 'repeated', delivery: row };
  }
  if (row && hasLiveClaim(row, ports.now())) {
    throw new Error('another worker is making this attempt: look again when its lease has ended');
  }
  const current = row ?? newDelivery(message, ports.now());
  if (subscription?.state !== 'active') {
    const reason = `subscription_${subscription?.state ?? 'deleted'}`;
    return finish(ended(current, 'skipped', reason, ports.now()), ports);
  }
  if (subscription.replaying !== undefined && message.run === 0) {
    await holdMessage(message, REPLAY_HOLD_SECONDS, ports);
    return { outcome: 'held', reason: 'replaying' };
  }
  const event = message.event ?? (await ports.history.read(message));
  if (!event) {
    return finish(ended(current, 'dead', 'event_expired', ports.now()), ports);
  }
  return isOver(event, ports.now())
    ? finish(ended(current, 'skipped', 'expired', ports.now()), ports)
    : attempt({ message, current, subscription, event }, ports);
}

function isOver({ expiresAt }: Event, now: Date): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) <= now.getTime();
}

async function finish(row: Delivery, ports: DeliverPorts): Promise<MessageOutcome | 'row_moved'> {
  if ((await ports.deliveries.write(row)) === 'conflict') {
    return 'row_moved';
  }
  await settleDelivery(row, ports);
  return { outcome: 'ended', delivery: row };
}

async function attempt(
  task: {
    readonly message: DeliveryMessage;
    readonly current: Delivery;
    readonly subscription: Subscription;
    readonly event: Event;
  },
  ports: DeliverPorts,
): Promise<MessageOutcome | 'row_moved'> {
  const { message, subscription, event } = task;
  const claim = await claimAttempt(task, ports);
  if (claim === 'row_moved') {
    return claim;
  }
  const startedAt = ports.now();
  const request = makeWebhookRequest(subscription, event, startedAt);
  const result = await postWebhook(request, subscription.credentials, ports);
  const decided = decideAfterAttempt({
    policy: subscription.policy,
    attempt: message.attempt,
    scheduleStart: claim.scheduleStart,
    result,
    now: ports.now(),
    random: ports.random(),
  });
  const made = toAttempt(message.attempt, startedAt, result, decided.outcome === 'delivered');
  const delivery = await recordAttempt(claim, made, decided, ports);
  await settleDelivery(delivery, ports);
  return { outcome: 'attempted', delivery };
}

/** First attempts are not claimed: docs/decisions/009-first-attempts-are-not-claimed.md. */
async function claimAttempt(
  task: { message: DeliveryMessage; current: Delivery; subscription: Subscription },
  { deliveries, now }: DeliverPorts,
): Promise<Delivery | 'row_moved'> {
  const { message, current, subscription } = task;
  if (message.attempt === 1) {
    return current;
  }
  const leaseSeconds = LEASE_TIMEOUTS * subscription.policy.timeoutSeconds;
  const claim = claimed(current, { attempt: message.attempt, leaseSeconds, now: now() });
  return (await deliveries.write(claim)) === 'written' ? claim : 'row_moved';
}

function toAttempt(number: number, startedAt: Date, result: TargetResult, isSuccess: boolean): Attempt {
  const { milliseconds, address } = result;
  const told =
    'status' in result
      ? {
          status: result.status,
          answer: result.answer,
          ...(!isSuccess && { failure: `status_${result.status}` }),
        }
      : { failure: result.failure };
  return { number, at: startedAt.toISOString(), milliseconds, ...(address && { address }), ...told };
}
