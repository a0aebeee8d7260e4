import type { TopicStore } from '../../topics/ports';
import type { Subscription } from '../../topics/subscriptions/subscription';
import type { LiveGate, Replay, ReplayStore } from './replay';
import { type ReplayPagePorts, sendPage } from './replay-page';
import { firstTopics, nextTopic } from './replay-topics';
import { historyWindow, nextSweep, sweepWindow } from './replay-window';

export interface AdvancePorts extends ReplayPagePorts {
  readonly replays: Pick<ReplayStore, 'write'>;
  readonly topics: Pick<TopicStore, 'list'>;
  readonly gate: LiveGate;
}

/** The tick comes every minute: so much is queued ahead, and so much is still sent after a replay was cancelled. */
const AHEAD_MILLISECONDS = 75_000;

/** How long it is waited for the first attempts of what was sent last: a target that is down holds nothing up. */
const SETTLE_MILLISECONDS = 5 * 60_000;

/** Somebody else wrote the replay: it was cancelled, or the lease was lost. */
export const TAKEN = 'taken';

/**
 * Takes a replay as far as it can go now. Every step is saved after its effects, so a crash repeats one page at most.
 * @param deadline no page is begun after it.
 * @returns the replay as it was saved last; {@link TAKEN} when it is no longer the caller's.
 */
export async function advanceReplay(
  replay: Replay,
  subscription: Subscription,
  ports: AdvancePorts,
  deadline: Date,
): Promise<Replay | typeof TAKEN> {
  let current: Replay | typeof TAKEN = replay;
  while (current !== TAKEN && ports.now() < deadline) {
    const next: Replay | undefined | typeof TAKEN = await step(current, subscription, ports);
    if (next === undefined) {
      return current;
    }
    current = next;
  }
  return current;
}

/** @returns `undefined` when there is nothing to do yet. */
async function step(
  replay: Replay,
  subscription: Subscription,
  ports: AdvancePorts,
): Promise<Replay | undefined | typeof TAKEN> {
  const now = ports.now().getTime();
  switch (replay.phase) {
    case 'sending':
      return isFarAhead(replay, now) ? undefined : sendNext(replay, subscription, ports);
    case 'settling':
      return (await isSettled(replay, ports)) ? finish(replay, subscription, ports) : undefined;
    case 'sweeping':
      return now < Date.parse(replay.sweepAt ?? '') || isFarAhead(replay, now)
        ? undefined
        : sendNext(replay, subscription, ports);
    default:
      return undefined;
  }
}

function isFarAhead({ sendingUntil }: Replay, now: number): boolean {
  return sendingUntil !== undefined && Date.parse(sendingUntil) > now + AHEAD_MILLISECONDS;
}

async function sendNext(replay: Replay, subscription: Subscription, ports: AdvancePorts) {
  const place = replay.place ?? (await firstTopics(replay.selector, ports.topics));
  const [topic] = place.topics;
  if (topic === undefined) {
    return goOn(replay, await nextTopic(place, replay.selector, ports.topics), ports);
  }
  const window = replay.phase === 'sweeping' ? sweepWindow(replay) : historyWindow(replay);
  const { next, ...page } = await sendPage(
    replay,
    subscription,
    { ...window, topic, after: place.after },
    ports,
  );
  const sent = {
    ...replay,
    ...page,
    found: replay.found + page.found,
    sent: replay.sent + page.sent,
  };
  return next === undefined
    ? goOn(sent, await nextTopic(place, replay.selector, ports.topics), ports)
    : save({ ...sent, place: { ...place, after: next } }, ports);
}

/** To the next topic, or behind the last one. */
async function goOn(replay: Replay, place: Replay['place'], ports: AdvancePorts) {
  if (place !== undefined) {
    return save({ ...replay, place }, ports);
  }
  const { place: _, ...rest } = replay;
  return replay.phase === 'sweeping' ? endSweep(rest, ports) : save({ ...rest, phase: 'settling' }, ports);
}

/** Everything has left the queue, and what left it last was tried: the history came first. */
async function isSettled({ lastSent, sendingUntil, subscriptionId, run }: Replay, ports: AdvancePorts) {
  const now = ports.now().getTime();
  const until = Date.parse(sendingUntil ?? '');
  if (lastSent.length === 0 || now > until + SETTLE_MILLISECONDS) {
    return true;
  }
  if (now < until) {
    return false;
  }
  const rows = await Promise.all(
    lastSent.map((eventId) => ports.deliveries.read({ eventId, subscriptionId, run })),
  );
  return rows.every((row) => row !== undefined && row.pausedAt === undefined);
}

/** Live deliveries go first: a crash in between lets them go once more, which changes nothing. */
async function finish(replay: Replay, subscription: Subscription, ports: AdvancePorts) {
  if (replay.holdsLive) {
    await ports.gate.open(subscription, replay.run);
  }
  const endedAt = ports.now().toISOString();
  return save(toSweep({ ...replay, state: 'done', endedAt }, nextSweep(replay)), ports);
}

async function endSweep(replay: Replay, ports: AdvancePorts) {
  return save(toSweep(replay, nextSweep(replay, ports.now().getTime())), ports);
}

function toSweep({ sweepAt: _, ...replay }: Replay, at: number | undefined): Replay {
  return at === undefined
    ? { ...replay, phase: 'over' }
    : { ...replay, phase: 'sweeping', sweepAt: new Date(at).toISOString() };
}

async function save(replay: Replay, { replays, now }: AdvancePorts): Promise<Replay | typeof TAKEN> {
  const { failingSince: _, ...rest } = replay;
  const next: Replay = { ...rest, updatedAt: now().toISOString(), version: replay.version + 1 };
  return (await replays.write(next)) === 'written' ? next : TAKEN;
}
