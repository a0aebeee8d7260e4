import { parseSelector } from '../../events/event';
import { inParallel } from '../../in-parallel';
import { rotated } from '../../rotated';
import type { SubscriptionStore } from '../../topics/ports';
import type { Subscription } from '../../topics/subscriptions/subscription';
import { type AdvancePorts, advanceReplay, TAKEN } from './advance-replay';
import { endedReplay, isUnstarted, type Replay, type ReplayPointer, type ReplayStore } from './replay';
import { endOfHistory } from './replay-window';

export interface ReplayPorts extends AdvancePorts {
  readonly replays: Pick<ReplayStore, 'find' | 'write' | 'unfinished' | 'forget'>;
  readonly subscriptions: Pick<SubscriptionStore, 'findMany'>;
}

/** Beyond the function's time-out, so that nobody else is at a replay at the same time. */
const LEASE_MILLISECONDS = 90_000;

/** A door writes the pointer first and the subscription last: in between they are a moment apart. */
const MAKING_MILLISECONDS = 5 * 60_000;

/** A store may be down for hours; what fails for longer is a fault of ours, and live deliveries wait for it. */
const FAILING_MILLISECONDS = 6 * 3600_000;

const REPLAYS_SIDE_BY_SIDE = 4;

export interface ReplayCounts {
  readonly replays: number;
  /** Events that were queued. */
  readonly sent: number;
  readonly failed: number;
}

/**
 * Takes every replay a step further: looks at them all, works on those that nobody else is at.
 * @param deadline no page is begun after it; the next tick goes on.
 * @throws the first failure, when every replay has had its turn: one holds no other one up.
 */
export async function replayEvents(ports: ReplayPorts, deadline: Date): Promise<ReplayCounts> {
  const counts = { replays: 0, sent: 0, failed: 0 };
  const failures: unknown[] = [];
  let after: string | undefined;
  do {
    const { pointers, next } = await ports.replays.unfinished(after);
    await inParallel(REPLAYS_SIDE_BY_SIDE, rotated(pointers, ports.now()), async (pointer) => {
      try {
        counts.sent += await work(pointer, ports, deadline);
        counts.replays += 1;
      } catch (error) {
        counts.failed += 1;
        failures.push(error);
      }
    });
    after = next;
  } while (after !== undefined && ports.now() < deadline);
  if (failures.length > 0) {
    throw failures[0];
  }
  return counts;
}

/** @returns how many events were queued. */
async function work(pointer: ReplayPointer, ports: ReplayPorts, deadline: Date): Promise<number> {
  const replay = await ports.replays.find(pointer);
  const now = ports.now().getTime();
  const isBeingMade = now < Date.parse(pointer.createdAt) + MAKING_MILLISECONDS;
  if (!replay) {
    return isBeingMade ? 0 : leave(pointer, ports);
  }
  // What waits costs a read per tick.
  if (Date.parse(replay.leaseUntil ?? '') > now || isBeforeSweep(replay, now)) {
    return 0;
  }
  const subscription = await findSubscription(replay, ports);
  if (replay.phase === 'over') {
    return close(replay, subscription, ports);
  }
  if (subscription?.state === 'paused' || (!subscription && isBeingMade)) {
    return 0;
  }
  if (subscription?.state !== 'active') {
    return stop(replay, `subscription_${subscription?.state ?? 'deleted'}`, subscription, ports);
  }
  const isOfIts = !replay.holdsLive || !isUnstarted(replay) || subscription.replaying === replay.run;
  return isOfIts
    ? advance(adapted(replay, subscription), subscription, ports, deadline)
    : stop(replay, 'subscription_made_without', subscription, ports);
}

/**
 * A door that crashed behind the replay and was called again made the subscription later than the replay says: the
 * history ends with the making of the subscription.
 */
function adapted(replay: Replay, { createdAt }: Subscription): Replay {
  return replay.holdsLive && isUnstarted(replay)
    ? { ...replay, subscribedAt: createdAt, to: endOfHistory(createdAt) }
    : replay;
}

async function findSubscription({ subscriptionId, selector }: Replay, { subscriptions }: ReplayPorts) {
  const reference = { id: subscriptionId, topic: parseSelector(selector) };
  return (await subscriptions.findMany([reference])).get(subscriptionId);
}

async function advance(
  replay: Replay,
  subscription: Subscription,
  ports: ReplayPorts,
  deadline: Date,
): Promise<number> {
  const leased = await claim(replay, ports);
  if (!leased) {
    return 0;
  }
  let last: Replay | typeof TAKEN = leased;
  try {
    last = await advanceReplay(leased, subscription, ports, deadline);
  } catch (error) {
    await noteFailure(replay, subscription, ports);
    throw error;
  }
  if (last === TAKEN) {
    return 0;
  }
  const { leaseUntil: _, ...free } = last;
  await ports.replays.write({ ...free, version: last.version + 1 });
  if (last.phase === 'over') {
    await close(last, subscription, ports);
  }
  return last.sent - replay.sent;
}

function isBeforeSweep({ phase, sweepAt }: Replay, now: number): boolean {
  return phase === 'sweeping' && now < Date.parse(sweepAt ?? '');
}

async function claim(replay: Replay, { replays, now }: ReplayPorts): Promise<Replay | undefined> {
  const leaseUntil = new Date(now().getTime() + LEASE_MILLISECONDS).toISOString();
  const leased: Replay = { ...replay, leaseUntil, version: replay.version + 1 };
  return (await replays.write(leased)) === 'written' ? leased : undefined;
}

/** The failed try may have saved pages: the row is read anew. */
async function noteFailure(key: Replay, subscription: Subscription, ports: ReplayPorts): Promise<void> {
  const found = await ports.replays.find(key);
  if (!found || found.phase === 'over') {
    return;
  }
  const at = ports.now();
  const failingSince = found.failingSince ?? at.toISOString();
  const isHopeless = at.getTime() - Date.parse(failingSince) > FAILING_MILLISECONDS;
  const { leaseUntil: _, ...free } = found;
  const noted = isHopeless
    ? endedReplay(found, { state: 'failed', reason: 'internal_error' }, at.toISOString())
    : { ...free, failingSince, version: found.version + 1 };
  if ((await ports.replays.write(noted)) === 'written' && isHopeless) {
    await close(noted, subscription, ports);
  }
}

/** The subscription was switched off or deleted: what was queued ends as skipped, the rest is not sent. */
async function stop(
  replay: Replay,
  reason: string,
  subscription: Subscription | undefined,
  ports: ReplayPorts,
): Promise<number> {
  const at = ports.now().toISOString();
  const ended: Replay =
    replay.state === 'running'
      ? endedReplay(replay, { state: 'cancelled', reason }, at)
      : { ...replay, phase: 'over', updatedAt: at, version: replay.version + 1 };
  return (await ports.replays.write(ended)) === 'written' ? close(ended, subscription, ports) : 0;
}

/** The pointer goes last: until then the next tick does it again. */
async function close(
  replay: Replay,
  subscription: Subscription | undefined,
  ports: ReplayPorts,
): Promise<number> {
  if (replay.holdsLive && subscription) {
    await ports.gate.open(subscription, replay.run);
  }
  return leave(replay, ports);
}

async function leave(
  pointer: Pick<ReplayPointer, 'subscriptionId' | 'run'>,
  { replays }: ReplayPorts,
): Promise<0> {
  await replays.forget(pointer);
  return 0;
}
