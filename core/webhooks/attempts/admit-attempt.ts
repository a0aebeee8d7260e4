import { allowedPolicy } from '../../topics/subscriptions/confirmation';
import type { Subscription } from '../../topics/subscriptions/subscription';
import type { Delivery, DeliveryMessage } from '../deliveries/delivery';
import { SLOT_LEAD_MILLISECONDS, withHeldTime } from '../deliveries/delivery-steps';
import { type Gate, whileProbed } from '../health/circuit';
import type { Permit, TargetHealthStore } from '../health/target-ports';
import { awaitSlot, type SlotPorts } from '../holds/await-slot';
import type { Hold } from '../holds/hold-message';
import type { SharedLimits } from '../holds/share-places';

export interface AdmitPorts extends SlotPorts {
  readonly limits: SharedLimits;
  readonly health: Pick<TargetHealthStore, 'claimProbe'>;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
}

export type Admission =
  | { readonly outcome: 'admitted'; readonly wasProbe: boolean; readonly permit: Permit | undefined }
  | { readonly outcome: 'held'; readonly hold: Hold }
  | Waited
  | { readonly outcome: 'exceeded' };

/**
 * The moment that the rate limit had reserved has come, or a place under the cap is free; what was read before the
 * wait is to be read again.
 */
export interface Waited {
  readonly outcome: 'waited';
  readonly slotAt?: Date;
}

/** A permit and a claim outlast the attempt, also when the clock of the next worker is ahead. */
const LEASE_TIMEOUTS = 2;

/** A worker waits for a place of its own for so long, then the message goes back to the queue: its time is paid for. */
const PLACE_WAIT_MILLISECONDS = 5000;

/** Whoever finds no free place comes again after 1 s, 2 s, … and at the latest after this. */
const LONGEST_CAPACITY_HOLD_SECONDS = 60;

/** How long a worker that calls this target is believed to be at it. */
export function leaseSeconds({ policy }: Pick<Subscription, 'policy'>): number {
  return LEASE_TIMEOUTS * policy.timeoutSeconds;
}

/**
 * Asks all that an attempt needs of its target: a moment by the rate limit, a place under the cap, the probe of a
 * half-open circuit. What is held on the way gives back what it had taken; `exceeded` says that the rate's backlog
 * is longer than a delivery may be held.
 */
export async function admitAttempt(
  task: {
    readonly message: DeliveryMessage;
    readonly current: Delivery;
    readonly subscription: Subscription;
    readonly gate: Exclude<Gate, { state: 'open' }>;
  },
  ports: AdmitPorts,
): Promise<Admission> {
  const { message, subscription, gate } = task;
  const { heldSeconds = 0 } = withHeldTime(task.current, message, ports.now());
  const slot = await awaitSlot(message, allowedPolicy(subscription), heldSeconds, ports);
  if (slot === 'full') {
    return { outcome: 'exceeded' };
  }
  if (slot !== 'now' && 'waitedFor' in slot) {
    return { outcome: 'waited', slotAt: slot.waitedFor };
  }
  if (slot !== 'now') {
    return { outcome: 'held', hold: untilSlot(slot.at, ports.now()) };
  }
  const permit = await takePermit(subscription, ports);
  if (permit === 'none' && (await ports.limits.awaitPlace(subscription.id, PLACE_WAIT_MILLISECONDS))) {
    return { outcome: 'waited' };
  }
  if (permit === 'none') {
    return { outcome: 'held', hold: untilPlace(message.holds ?? 0, ports.random()) };
  }
  if (gate.state === 'half_open' && !(await claimProbe(subscription, gate.circuit, ports))) {
    await returnPermit(permit, ports);
    return { outcome: 'held', hold: { reason: 'circuit', seconds: whileProbed(ports.random()) } };
  }
  return { outcome: 'admitted', wasProbe: gate.state === 'half_open', permit };
}

/** A permit that cannot be given back comes back when its lease ends: the attempt that it was for matters more. */
export async function returnPermit(
  permit: Permit | undefined,
  { limits }: Pick<AdmitPorts, 'limits'>,
): Promise<void> {
  if (permit) {
    await limits.returnPermit(permit).catch(() => undefined);
  }
}

async function takePermit(subscription: Subscription, { limits, now }: AdmitPorts) {
  const { concurrency } = subscription.policy;
  if (concurrency === undefined) {
    return undefined;
  }
  const options = { concurrency, leaseSeconds: leaseSeconds(subscription), now: now() };
  return (await limits.takePermit(subscription.id, options)) ?? 'none';
}

function claimProbe(
  subscription: Subscription,
  circuit: Extract<Gate, { state: 'half_open' }>['circuit'],
  { health, now }: AdmitPorts,
): Promise<boolean> {
  const at = now();
  const until = new Date(at.getTime() + leaseSeconds(subscription) * 1000);
  return health.claimProbe(subscription, circuit, { now: at, until });
}

/** In whole seconds, rounded up: the message comes when its moment is near enough to be waited for. */
function untilSlot(slotAt: Date, now: Date): Hold {
  const milliseconds = slotAt.getTime() - SLOT_LEAD_MILLISECONDS - now.getTime();
  return { reason: 'rate', seconds: Math.max(1, Math.ceil(milliseconds / 1000)), slotAt };
}

function untilPlace(holds: number, random: number): Hold {
  const longest = Math.min(2 ** Math.min(holds, 10), LONGEST_CAPACITY_HOLD_SECONDS);
  return { reason: 'capacity', seconds: longest * (0.5 + random / 2) };
}
