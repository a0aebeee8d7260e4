import type { Replay, ReplayKey, ReplayPlace, ReplayPointer } from '../../core/webhooks/replays/replay';
import { expiryAfter, type Row } from './row';
import type { RowKey } from './subscription-row';

/** How long a replay that ended can be looked up. */
const KEPT_DAYS = 30;

/** How many runs a subscription has had. */
export function runsRowKey(subscriptionId: string): RowKey {
  return { partition: replayPartition(subscriptionId), sort: 'runs' };
}

export function replayPartition(subscriptionId: string): string {
  return `subscription#${subscriptionId}`;
}

export const replaySortPrefix = 'replay#';

/** Runs sort as numbers do. */
export function replayRowKey({ subscriptionId, run }: ReplayKey): RowKey {
  return {
    partition: replayPartition(subscriptionId),
    sort: `${replaySortPrefix}${String(run).padStart(9, '0')}`,
  };
}

export const pointerPartition = 'replays';

export function pointerRowKey({ subscriptionId, run }: ReplayKey): RowKey {
  return { partition: pointerPartition, sort: `${subscriptionId}#${run}` };
}

export function toPointer(row: Row): ReplayPointer {
  return {
    subscriptionId: row.subscription_id as string,
    run: row.run as number,
    createdAt: row.created_at as string,
  };
}

export function toReplayRow(replay: Replay): Row {
  const { place, endedAt } = replay;
  return {
    ...replayRowKey(replay),
    subscription_id: replay.subscriptionId,
    run: replay.run,
    selector: replay.selector,
    state: replay.state,
    reason: replay.reason,
    phase: replay.phase,
    from: replay.from,
    to: replay.to,
    rate_per_second: replay.ratePerSecond,
    holds_live: replay.holdsLive,
    subscribed_at: replay.subscribedAt,
    place: place && { topics: place.topics, more_topics: place.moreTopics, after: place.after },
    found: replay.found,
    sent: replay.sent,
    last_sent: replay.lastSent,
    sending_until: replay.sendingUntil,
    sweep_at: replay.sweepAt,
    failing_since: replay.failingSince,
    made_by: replay.madeBy,
    lease_until: replay.leaseUntil,
    created_at: replay.createdAt,
    updated_at: replay.updatedAt,
    ended_at: endedAt,
    version: replay.version,
    ...(endedAt && { expires_at: expiryAfter(KEPT_DAYS, Date.parse(endedAt)) }),
  };
}

/** The row comes from our own store, so its shape is trusted. */
export function toReplay(row: Row): Replay {
  return {
    subscriptionId: row.subscription_id as string,
    run: row.run as number,
    selector: row.selector as string,
    state: row.state as Replay['state'],
    phase: row.phase as Replay['phase'],
    to: row.to as string,
    ratePerSecond: row.rate_per_second as number,
    holdsLive: row.holds_live as boolean,
    subscribedAt: row.subscribed_at as string,
    found: row.found as number,
    sent: row.sent as number,
    lastSent: row.last_sent as string[],
    createdAt: row.created_at as string,
    updatedAt: row.updated_at as string,
    version: row.version as number,
    ...(row.reason !== undefined && { reason: row.reason as string }),
    ...(row.from !== undefined && { from: row.from as string }),
    ...(row.place !== undefined && { place: toPlace(row.place as Row) }),
    ...(row.sending_until !== undefined && { sendingUntil: row.sending_until as string }),
    ...(row.sweep_at !== undefined && { sweepAt: row.sweep_at as string }),
    ...(row.failing_since !== undefined && { failingSince: row.failing_since as string }),
    ...(row.made_by !== undefined && { madeBy: row.made_by as NonNullable<Replay['madeBy']> }),
    ...(row.lease_until !== undefined && { leaseUntil: row.lease_until as string }),
    ...(row.ended_at !== undefined && { endedAt: row.ended_at as string }),
  };
}

function toPlace({ topics, more_topics, after }: Row): ReplayPlace {
  return {
    topics: topics as string[],
    ...(more_topics !== undefined && { moreTopics: more_topics as string }),
    ...(after !== undefined && { after: after as string }),
  };
}
