import type { EventStream } from '../../events/ports';
import type { SubscriptionStore } from '../../topics/ports';
import type { Subscription } from '../../topics/subscriptions/subscription';
import { type Attempt, type Delivery, deliveryId, subscriptionOf } from '../deliveries/delivery';
import { subscriptionFailing, tellOperationalEvent } from '../notices/operational-events';
import { type NoticePorts, noticeOwner } from '../notices/owner-notice';
import { circuitAfter, isUnavailable, usesCircuit } from './circuit';
import { disableProgress, warningDue } from './disable-rule';
import { disableSubscription } from './disable-subscription';
import type { TargetHealthStore } from './target-ports';

export interface HealthPorts extends NoticePorts {
  readonly health: TargetHealthStore;
  readonly subscriptions: Pick<SubscriptionStore, 'findMany' | 'changeState'>;
  readonly events: EventStream;
  readonly now: () => Date;
}

/** What an attempt has changed about its subscription. */
export type HealthChange = 'circuit_opened' | 'warned' | 'disabled' | 'recovered';

/** What is not the target's doing: an open circuit kept the attempt back, or the stage's own proxy failed it. */
const notCounted: ReadonlySet<string> = new Set(['circuit_open', 'proxy_failed']);

/**
 * Does what a failed attempt means for its subscription: counts it, opens the circuit, warns the owner and switches
 * the subscription off. Comes after the row is written, can be repeated, and counts an attempt once, and one that
 * never got as far as the target not at all.
 * @param probe whether the attempt probed a half-open circuit, and what the answer asked to wait.
 */
export async function recordFailure(
  row: Delivery,
  probe: { readonly wasProbe: boolean; readonly retryAfter?: string | undefined },
  ports: HealthPorts,
): Promise<readonly HealthChange[]> {
  const attempt = row.attempts.at(-1);
  if (attempt?.failure === undefined || notCounted.has(attempt.failure)) {
    return [];
  }
  const reference = subscriptionOf(row);
  const counted = await ports.health.countFailure(reference, {
    // A call that failed for all of its messages is one failure of the target.
    mark: attempt.call ?? `${deliveryId(row)}#${attempt.number}`,
    at: attempt.at,
    isUnavailable: isUnavailable(attempt),
  });
  const subscription = counted ?? (await ports.subscriptions.findMany([reference])).get(reference.id);
  if (!subscription) {
    return [];
  }
  const hasOpened = counted !== undefined && (await openCircuit(counted, attempt, probe, ports));
  const judged = await judge(subscription, { row, attempt }, ports);
  return [...(hasOpened ? (['circuit_opened'] as const) : []), ...judged];
}

async function openCircuit(
  subscription: Subscription,
  attempt: Attempt,
  probe: Parameters<typeof recordFailure>[1],
  { health: store, now }: HealthPorts,
): Promise<boolean> {
  const { format, health, policy } = subscription;
  if (!health || !usesCircuit(policy)) {
    return false;
  }
  const circuit = circuitAfter({
    format,
    health,
    attempt,
    heedsAnswers: policy.heedsAnswers,
    ...probe,
    now: now(),
  });
  return circuit !== undefined && (await store.openCircuit(subscription, circuit, health.circuit));
}

/** Warnings are told before they are recorded: a crash in between tells the same event again. */
async function judge(
  subscription: Subscription,
  cause: { readonly row: Delivery; readonly attempt: Attempt },
  ports: HealthPorts,
): Promise<readonly HealthChange[]> {
  const { health, policy, state } = subscription;
  const progress = health ? disableProgress(policy.disable, health, ports.now()) : 0;
  const isGone = cause.row.reason === 'gone';
  if (isGone || progress >= 100) {
    const reason = isGone ? 'gone' : 'failing';
    return (await disableSubscription(subscription, { ...cause, reason }, ports)) ? ['disabled'] : [];
  }
  const percent = health && warningDue(progress, health);
  if (!health || percent === undefined || state !== 'active') {
    return [];
  }
  const { at, milliseconds } = cause.attempt;
  const time = new Date(Date.parse(at) + milliseconds).toISOString();
  const event = subscriptionFailing(subscription, health, percent, time);
  await tellOperationalEvent(event, cause.row, ports);
  await noticeOwner(subscription, event, { kind: 'failing', percent }, ports);
  await ports.health.recordWarning(subscription, percent);
  return ['warned'];
}
