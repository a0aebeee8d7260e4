import type { Event } from '../events/event';
import type { EventHistoryReader } from '../events/ports';
import type { SubscriptionReference } from '../topics/ports';
import type { Subscription, WebhookFormat } from '../topics/subscriptions/subscription';
import type { Waited } from './attempts/admit-attempt';
import {
  type AttemptPorts,
  type AttemptTask,
  attemptDelivery,
  recordUnsent,
} from './attempts/attempt-delivery';
import { type AwaitConfirmationPorts, awaitConfirmation } from './confirmation/await-confirmation';
import { type Delivery, type DeliveryMessage, type HoldReason, subscriptionOf } from './deliveries/delivery';
import { ended, hasLiveClaim, newDelivery, unpaused } from './deliveries/delivery-steps';
import { settleDelivery } from './deliveries/settle-delivery';
import { circuitGate } from './health/circuit';
import { type HealthChange, recordFailure } from './health/record-failure';
import { awaitResumption, keepsWhilePaused } from './holds/await-resumption';
import { holdBack } from './holds/hold-back';
import { type Hold, patientSeconds } from './holds/hold-message';
import { withoutWaiting } from './holds/share-places';
import type { DeliveryQueue } from './ports';

export interface DeliverPorts extends AttemptPorts, AwaitConfirmationPorts {
  readonly findSubscription: (reference: SubscriptionReference) => Promise<Subscription | undefined>;
  readonly history: EventHistoryReader;
  /** Where deliveries of a format are worked on that this worker makes no attempts of. @default it makes them all */
  readonly otherQueue?: (format: WebhookFormat) => DeliveryQueue | undefined;
}

/** What a message came to. */
export type MessageOutcome =
  | { readonly outcome: 'attempted'; readonly delivery: Delivery; readonly changes: readonly HealthChange[] }
  /** `unsent`: a circuit has held the attempt back for so long that it counts as one made in vain. */
  | { readonly outcome: 'ended' | 'unsent'; readonly delivery: Delivery }
  /** The attempt had been made before; what must follow it was repeated. */
  | { readonly outcome: 'repeated'; readonly delivery: Delivery }
  /** Its row waits for the consumer to be resumed. */
  | { readonly outcome: 'paused' }
  /** The attempt may not be made yet; the message is on its way again, or its row is parked. */
  | { readonly outcome: 'held'; readonly reason: HoldReason }
  /** Another worker makes the attempt. */
  | { readonly outcome: 'handed_over' }
  /** A later attempt of a delivery whose row is no more. */
  | { readonly outcome: 'vanished' };

/** Another worker may take the place that was waited for; after so many times the message goes back to the queue. */
const MAX_PLACE_WAITS = 3;

/** A row may move once or twice under a worker's hands (the tick), a moment may be waited for; more is a fault. */
const MAX_READS = 4;

/**
 * Makes the attempt that a message asks for, and records it before anything follows from it: whatever crashes,
 * the message comes again and the row says what is left to do. An attempt that was recorded is never made
 * again, and an ended delivery is never posted.
 * @throws when a store or queue fails, or another worker is at this delivery: the queue must show the message
 *   again.
 */
export async function deliverWebhook(message: DeliveryMessage, ports: DeliverPorts): Promise<MessageOutcome> {
  let asked = message;
  let waits = 0;
  for (let reads = 0; reads < MAX_READS + waits; reads += 1) {
    const tried = await tryDelivery(asked, waits < MAX_PLACE_WAITS ? ports : impatient(ports));
    if (tried !== 'row_moved' && tried.outcome !== 'waited') {
      return tried;
    }
    if (tried !== 'row_moved' && tried.slotAt) {
      asked = { ...asked, slotAt: tried.slotAt.toISOString() };
    } else if (tried !== 'row_moved') {
      waits += 1;
    }
  }
  throw new Error('the delivery keeps changing while it is being worked on');
}

function impatient(ports: DeliverPorts): DeliverPorts {
  return { ...ports, limits: withoutWaiting(ports.limits) };
}

async function tryDelivery(
  message: DeliveryMessage,
  ports: DeliverPorts,
): Promise<MessageOutcome | Waited | 'row_moved'> {
  const [row, subscription] = await Promise.all([
    ports.deliveries.read(message),
    ports.findSubscription(subscriptionOf(message)),
  ]);
  if (row === undefined && message.attempt > 1) {
    return { outcome: 'vanished' };
  }
  if (row && (row.state !== 'pending' || message.attempt !== row.attempt + 1)) {
    return repeat(row, message, ports);
  }
  if (row && hasLiveClaim(row, ports.now())) {
    throw new Error('another worker is making this attempt: look again when its lease has ended');
  }
  const current = row ?? newDelivery(message, ports.now());
  if (subscription && keepsWhilePaused(subscription)) {
    return pause(current, subscription, ports);
  }
  if (subscription?.state !== 'active') {
    const reason = `subscription_${subscription?.state ?? 'deleted'}`;
    return finish(ended(current, 'skipped', reason, ports.now()), ports);
  }
  return proceed({ message, current: unpaused(current, ports.now()), subscription }, ports);
}

async function pause(
  current: Delivery,
  subscription: Subscription,
  ports: DeliverPorts,
): Promise<MessageOutcome | 'row_moved'> {
  const kept = await awaitResumption(current, subscription, ports);
  switch (kept.outcome) {
    case 'paused':
      return kept;
    case 'exceeded':
      return finish(kept.dead, ports);
    case 'row_moved':
      return kept.outcome;
  }
}

/** Does again what followed from an attempt that is recorded: a worker may have crashed before it was done. */
async function repeat(row: Delivery, message: DeliveryMessage, ports: DeliverPorts): Promise<MessageOutcome> {
  if (message.attempt === row.attempt) {
    await recordFailure(row, { wasProbe: false }, ports);
  }
  await settleDelivery(row, ports);
  return { outcome: 'repeated', delivery: row };
}

async function proceed(
  task: AttemptTask,
  ports: DeliverPorts,
): Promise<MessageOutcome | Waited | 'row_moved'> {
  const { message, current, subscription } = task;
  const otherQueue = ports.otherQueue?.(subscription.format);
  if (otherQueue) {
    await otherQueue.send([{ message, delaySeconds: 0 }]);
    return { outcome: 'handed_over' };
  }
  const awaited = await awaitConfirmation(message, subscription, ports);
  if (awaited === 'unconfirmed') {
    return finish(ended(current, 'dead', 'subscription_unconfirmed', ports.now()), ports);
  }
  if (awaited !== 'confirmed') {
    return hold(task, awaited, ports);
  }
  if (subscription.replaying !== undefined && message.run === 0) {
    return hold(
      task,
      { reason: 'replaying', seconds: patientSeconds(message.heldSince, ports.now()) },
      ports,
    );
  }
  const gate = circuitGate(subscription, ports.now(), ports.random());
  if (gate.state === 'open') {
    return hold(task, { reason: 'circuit', seconds: gate.seconds }, ports);
  }
  const event = await eventOf(message, ports);
  if (!event) {
    return finish(withoutEvent(current, ports.now()), ports);
  }
  if (isOver(event, ports.now())) {
    return finish(ended(current, 'skipped', 'expired', ports.now()), ports);
  }
  const made = await attemptDelivery({ ...task, event, gate }, ports);
  if (made.outcome === 'held') {
    return hold(task, made.hold, ports);
  }
  if (made.outcome === 'exceeded') {
    return finish(made.dead, ports);
  }
  return made.outcome === 'row_moved' ? made.outcome : made;
}

/**
 * The message of a replay is not believed: the event may have been erased since it was queued, and of a replay no row
 * would say so. A live delivery of such an event has a row, which has ended.
 */
async function eventOf(message: DeliveryMessage, { history }: DeliverPorts): Promise<Event | undefined> {
  return (message.run === 0 ? message.event : undefined) ?? history.read(message);
}

/** A replay has just found the event in the history: it was erased, and nobody has to be told. */
function withoutEvent(row: Delivery, now: Date): Delivery {
  return row.run === 0 ? ended(row, 'dead', 'event_expired', now) : ended(row, 'skipped', 'event_gone', now);
}

async function hold(
  task: AttemptTask,
  reason: Hold,
  ports: DeliverPorts,
): Promise<MessageOutcome | 'row_moved'> {
  const held = await holdBack(task, reason, ports);
  switch (held.outcome) {
    case 'held':
      return held;
    case 'given_up':
      return { outcome: 'unsent', delivery: await recordUnsent(task, ports) };
    case 'exceeded':
      return finish(held.dead, ports);
    case 'row_moved':
      return held.outcome;
  }
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
