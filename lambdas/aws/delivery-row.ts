import { createHash } from 'node:crypto';
import { EVENT_RETENTION_DAYS } from '../../core/events/retention';
import type { Attempt, Delivery, DeliveryKey, DeliveryState } from '../../core/webhooks/deliveries/delivery';
import { deliveryDigest } from '../../core/webhooks/deliveries/delivery-id';
import { DUE_SHARDS } from '../../core/webhooks/ports';
import { expiryAfter, type Row } from './row';

export interface RowKey extends Row {
  readonly event_shard: string;
  readonly subscription_run: string;
}

/** One event may fan out to thousands: its rows are spread. */
export const EVENT_SHARDS = 16;

/** How long an ended delivery can be looked up; a dead one stays until somebody has dealt with it. */
const KEPT_DAYS = 30;

/**
 * No row goes before the marker of its event, which began to count before it, by another clock: else the ledger would
 * take what is gone for pending.
 */
const KEPT_DAYS_SINCE_CREATION = EVENT_RETENTION_DAYS + 1;

export function rowKey({ eventId, subscriptionId, run }: DeliveryKey): RowKey {
  return {
    event_shard: eventPartition(eventId, eventShardOf(subscriptionId)),
    subscription_run: `${subscriptionId}#${run}`,
  };
}

/** Among the rows of an event, the part that holds those of a subscription. */
export function eventShardOf(subscriptionId: string): number {
  return shardOf(subscriptionId, EVENT_SHARDS);
}

export function eventPartition(eventId: string, shard: number): string {
  return `${eventId}#${shard}`;
}

function shardOf(text: string, shards: number): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) % shards;
}

/**
 * The row with the attributes of the sparse indexes: left out where they do not apply, so that an index holds
 * only what is looked for. The sort keys end with a digest of the delivery, which makes them unique page tokens.
 */
export function toRow(delivery: Delivery): Row {
  const digest = deliveryDigest(delivery);
  const { state, dueAt, endedAt, createdAt } = delivery;
  return {
    ...rowKey(delivery),
    event_id: delivery.eventId,
    subscription_id: delivery.subscriptionId,
    run: delivery.run,
    topic: delivery.topic,
    via: delivery.via,
    order: delivery.order,
    state,
    reason: delivery.reason,
    attempt: delivery.attempt,
    attempts: delivery.attempts,
    schedule_start: delivery.scheduleStart,
    schedule_started_at: delivery.scheduleStartedAt,
    paused_seconds: delivery.pausedSeconds,
    paused_at: delivery.pausedAt,
    resends: delivery.resends,
    claim: delivery.claim && { attempt: delivery.claim.attempt, lease_until: delivery.claim.leaseUntil },
    next_attempt_at: delivery.nextAttemptAt,
    slot_at: delivery.slotAt,
    held_seconds: delivery.heldSeconds,
    kept_reason: delivery.keptReason,
    created_at: createdAt,
    updated_at: delivery.updatedAt,
    ended_at: endedAt,
    version: delivery.version,
    subscription_day: subscriptionPartition(delivery.subscriptionId, createdAt.slice(0, 10)),
    created_order: createdOrder(delivery),
    ...(state === 'pending' &&
      dueAt && { due_shard: duePartition(shardOf(digest, DUE_SHARDS)), due_at: dueAt }),
    // The index of the dead has no use for a pending row: it lists what waits for a consumer to be resumed.
    ...(state === 'pending' &&
      delivery.pausedAt && {
        dead_shard: pausedPartition(delivery.subscriptionId),
        dead_at: pausedOrder(delivery),
      }),
    ...(state === 'dead' && {
      dead_shard: deadPartition(delivery.subscriptionId),
      dead_at: `${endedAt}#${digest}`,
    }),
    ...(endedAt && state !== 'dead' && { expires_at: expiryOf(createdAt, endedAt) }),
  };
}

function expiryOf(createdAt: string, endedAt: string): number {
  return Math.max(
    expiryAfter(KEPT_DAYS, Date.parse(endedAt)),
    expiryAfter(KEPT_DAYS_SINCE_CREATION, Date.parse(createdAt)),
  );
}

export function subscriptionPartition(subscriptionId: string, day: string): string {
  return `${subscriptionId}#${day}`;
}

export function duePartition(shard: number): string {
  return `due#${shard}`;
}

/** By subscription, so that nobody's dead letters are in the way of another's. */
export function deadPartition(subscriptionId: string): string {
  return `dead#${subscriptionId}`;
}

export function pausedPartition(subscriptionId: string): string {
  return `paused#${subscriptionId}`;
}

/** The place of a delivery among those that wait: that of its event in the history. */
function pausedOrder(delivery: Delivery): string {
  return `${delivery.order}#${deliveryDigest(delivery)}`;
}

/** The place of a delivery in the list of its subscription. */
export function createdOrder(delivery: DeliveryKey & Pick<Delivery, 'createdAt'>): string {
  return `${delivery.createdAt}#${deliveryDigest(delivery)}`;
}

/** The row comes from our own store, so its shape is trusted. */
export function toDelivery(row: Row): Delivery {
  const claim = row.claim as { attempt: number; lease_until: string } | undefined;
  return {
    eventId: row.event_id as string,
    subscriptionId: row.subscription_id as string,
    run: row.run as number,
    topic: row.topic as string,
    order: row.order as string,
    state: row.state as DeliveryState,
    attempt: row.attempt as number,
    attempts: row.attempts as Attempt[],
    scheduleStart: row.schedule_start as number,
    resends: row.resends as number,
    createdAt: row.created_at as string,
    updatedAt: row.updated_at as string,
    version: row.version as number,
    ...(row.via !== undefined && { via: row.via as string }),
    ...(row.schedule_started_at !== undefined && {
      scheduleStartedAt: row.schedule_started_at as string,
    }),
    ...(row.paused_seconds !== undefined && { pausedSeconds: row.paused_seconds as number }),
    ...(row.paused_at !== undefined && { pausedAt: row.paused_at as string }),
    ...(row.slot_at !== undefined && { slotAt: row.slot_at as string }),
    ...(row.held_seconds !== undefined && { heldSeconds: row.held_seconds as number }),
    ...(row.kept_reason !== undefined && { keptReason: row.kept_reason as string }),
    ...(row.reason !== undefined && { reason: row.reason as string }),
    ...(claim && { claim: { attempt: claim.attempt, leaseUntil: claim.lease_until } }),
    ...(row.next_attempt_at !== undefined && { nextAttemptAt: row.next_attempt_at as string }),
    ...(row.due_at !== undefined && { dueAt: row.due_at as string }),
    ...(row.ended_at !== undefined && { endedAt: row.ended_at as string }),
  };
}
