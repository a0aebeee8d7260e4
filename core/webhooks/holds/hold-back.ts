import { LONGEST_CIRCUIT_HOLD_HOURS } from '../../events/retention';
import { LONGEST_DELAY_SECONDS } from '../../requeue-due';
import type { Delivery, DeliveryMessage, HoldReason } from '../deliveries/delivery';
import { adopted, ended, parkedForSlot, withHeldTime } from '../deliveries/delivery-steps';
import type { DeliveryQueue, DeliveryStore } from '../ports';
import { LONGEST_HOLD_SECONDS } from './await-slot';
import { type Hold, holdMessage } from './hold-message';

export interface HoldPorts {
  readonly deliveries: Pick<DeliveryStore, 'write'>;
  readonly queue: DeliveryQueue;
  readonly now: () => Date;
}

export type HeldBack =
  | { readonly outcome: 'held'; readonly reason: HoldReason }
  /** A circuit has held it for so long that the attempt counts as made in vain. */
  | { readonly outcome: 'given_up' }
  /** Held for longer than a delivery may be: the row that ends it, not written yet. */
  | { readonly outcome: 'exceeded'; readonly dead: Delivery }
  | { readonly outcome: 'row_moved' };

const HOUR_SECONDS = 3600;

const exceededReasons = { rate: 'rate_exceeded', capacity: 'capacity_exceeded' } as const;

/**
 * Holds an attempt back that may not be made yet, within bounds, so that every delivery ends. A first attempt gets
 * no row by it; a later one is taken off the tick's list, whose messages would pile up otherwise. A moment that is
 * further ahead than a queue holds messages parks the delivery.
 */
export async function holdBack(
  { message, current }: { readonly message: DeliveryMessage; readonly current: Delivery },
  hold: Hold,
  ports: HoldPorts,
): Promise<HeldBack> {
  const now = ports.now();
  if (hold.reason === 'circuit' && hasWaited(message.circuitSince, LONGEST_CIRCUIT_HOLD_HOURS, now)) {
    return { outcome: 'given_up' };
  }
  const waited = withHeldTime(current, message, now);
  // What was reserved counts as waited for already: a message that comes a little early still has its moment.
  if (hold.reason === 'capacity' && isExhausted(waited)) {
    return { outcome: 'exceeded', dead: exceeded(waited, hold.reason, now) };
  }
  const parks = hold.slotAt !== undefined && hold.seconds > LONGEST_DELAY_SECONDS;
  const row = parks ? park(waited, hold.slotAt as Date, now) : current.dueAt && adopted(current, now);
  if (row && (await ports.deliveries.write(row)) === 'conflict') {
    return { outcome: 'row_moved' };
  }
  if (!parks) {
    await holdMessage(message, hold, ports);
  }
  return { outcome: 'held', reason: hold.reason };
}

/** A delivery for which its target's limits have no room. */
export function exceeded(row: Delivery, reason: 'rate' | 'capacity', now: Date): Delivery {
  return ended(row, 'dead', exceededReasons[reason], now);
}

/** What it will have waited counts at once: the message that brings it back begins anew. */
function park(row: Delivery, slotAt: Date, now: Date): Delivery {
  const ahead = Math.round((slotAt.getTime() - now.getTime()) / 1000);
  return parkedForSlot({ ...row, heldSeconds: (row.heldSeconds ?? 0) + ahead }, slotAt, now);
}

function isExhausted({ heldSeconds = 0 }: Delivery): boolean {
  return heldSeconds >= LONGEST_HOLD_SECONDS;
}

function hasWaited(since: string | undefined, hours: number, now: Date): boolean {
  return since !== undefined && now.getTime() - Date.parse(since) >= hours * HOUR_SECONDS * 1000;
}
