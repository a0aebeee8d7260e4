import type { Event } from '../../events/event';
import type { Subscription } from '../../topics/subscriptions/subscription';
import type { Attempt, Delivery, DeliveryMessage } from '../deliveries/delivery';
import { claimed, elapsedSeconds, withHeldTime } from '../deliveries/delivery-steps';
import { type SettlePorts, settleDelivery } from '../deliveries/settle-delivery';
import type { Gate } from '../health/circuit';
import { type HealthChange, type HealthPorts, recordFailure } from '../health/record-failure';
import { recordSuccess } from '../health/record-success';
import { exceeded } from '../holds/hold-back';
import type { Hold } from '../holds/hold-message';
import type { DeliveryStore } from '../ports';
import { makeWebhookRequest } from '../requests/webhook-request';
import { withoutSecrets } from '../targets/mask-answer';
import { type PostPorts, postWebhook } from '../targets/post-webhook';
import { type AdmitPorts, admitAttempt, leaseSeconds, returnPermit, type Waited } from './admit-attempt';
import { type AttemptResult, decideAfterAttempt } from './decide-after-attempt';
import { recordAttempt } from './record-attempt';

export interface AttemptPorts extends SettlePorts, PostPorts, HealthPorts, AdmitPorts {
  readonly deliveries: Pick<DeliveryStore, 'read' | 'write'>;
  readonly health: HealthPorts['health'];
}

export interface AttemptTask {
  readonly message: DeliveryMessage;
  readonly current: Delivery;
  readonly subscription: Subscription;
}

export type AttemptOutcome =
  | { readonly outcome: 'attempted'; readonly delivery: Delivery; readonly changes: readonly HealthChange[] }
  | { readonly outcome: 'held'; readonly hold: Hold }
  | Waited
  | { readonly outcome: 'exceeded'; readonly dead: Delivery }
  | { readonly outcome: 'row_moved' };

/** Makes one attempt when its target's limits let it, records it, and does what follows from it. */
export async function attemptDelivery(
  task: AttemptTask & { readonly event: Event; readonly gate: Exclude<Gate, { state: 'open' }> },
  ports: AttemptPorts,
): Promise<AttemptOutcome> {
  const { subscription, event } = task;
  const admission = await admitAttempt(task, ports);
  if (admission.outcome === 'held' || admission.outcome === 'waited') {
    return admission;
  }
  if (admission.outcome === 'exceeded') {
    return { outcome: 'exceeded', dead: exceeded(task.current, 'rate', ports.now()) };
  }
  const claim = await claimAttempt(task, ports);
  if (claim === 'row_moved') {
    await returnPermit(admission.permit, ports);
    return { outcome: claim };
  }
  const startedAt = ports.now();
  const request = makeWebhookRequest(subscription, event, startedAt);
  const target = withoutSecrets(ports.target);
  const result = await postWebhook(request, subscription.credentials, { ...ports, target });
  await returnPermit(admission.permit, ports);
  const delivery = await record({ ...task, current: claim }, startedAt, result, ports);
  const changes =
    delivery.state === 'delivered'
      ? await recordSuccess(delivery, subscription, ports)
      : await recordFailure(delivery, { wasProbe: admission.wasProbe, ...retryAfterOf(result) }, ports);
  await settleDelivery(delivery, ports);
  return { outcome: 'attempted', delivery, changes };
}

/** Records an attempt that was not made, because a circuit has held it back for too long: the schedule goes on. */
export async function recordUnsent(task: AttemptTask, ports: AttemptPorts): Promise<Delivery> {
  const result = { milliseconds: 0, failure: 'circuit_open' } as const;
  const delivery = await record(task, ports.now(), result, ports);
  await settleDelivery(delivery, ports);
  return delivery;
}

async function record(
  { message, current, subscription }: AttemptTask,
  startedAt: Date,
  result: AttemptResult,
  ports: AttemptPorts,
): Promise<Delivery> {
  const decided = decideAfterAttempt({
    policy: subscription.policy,
    format: subscription.format,
    attempt: message.attempt,
    scheduleStart: current.scheduleStart,
    elapsedSeconds: elapsedSeconds(current, ports.now()),
    result,
    now: ports.now(),
    random: ports.random(),
  });
  const made = toAttempt(message.attempt, startedAt, result, decided.outcome === 'delivered');
  return recordAttempt(withHeldTime(current, message, startedAt), made, decided, ports);
}

/** First attempts are not claimed unless they have a row: docs/decisions/009-first-attempts-are-not-claimed.md. */
async function claimAttempt(
  { message, current, subscription }: AttemptTask,
  { deliveries, now }: AttemptPorts,
): Promise<Delivery | 'row_moved'> {
  if (current.version === 0) {
    return current;
  }
  const lease = { attempt: message.attempt, leaseSeconds: leaseSeconds(subscription), now: now() };
  const claim = claimed(current, lease);
  return (await deliveries.write(claim)) === 'written' ? claim : 'row_moved';
}

function retryAfterOf(result: AttemptResult): { readonly retryAfter?: string } {
  return 'retryAfter' in result && result.retryAfter !== undefined ? { retryAfter: result.retryAfter } : {};
}

function toAttempt(number: number, startedAt: Date, result: AttemptResult, isSuccess: boolean): Attempt {
  const address = 'address' in result && result.address;
  const call = 'call' in result && result.call;
  const told =
    'status' in result
      ? {
          status: result.status,
          answer: result.answer,
          ...(!isSuccess && { failure: `status_${result.status}` }),
        }
      : { failure: result.failure };
  const { milliseconds } = result;
  return {
    number,
    at: startedAt.toISOString(),
    milliseconds,
    ...(address && { address }),
    ...(call && { call }),
    ...told,
  };
}
