import { asciiJson } from '../../ascii-json';
import { parseSelector, topicKeyText } from '../../events/event';
import type { EventHistoryLister, FanOutMarkerReader, HistoryEntry } from '../../events/ports';
import { inParallel } from '../../in-parallel';
import { makeFilterJudge } from '../../topics/filters/event-filter';
import type { Subscription } from '../../topics/subscriptions/subscription';
import type { DeliveryMessage } from '../deliveries/delivery';
import type { DeliveryQueue, DeliveryStore } from '../ports';
import type { Replay } from './replay';
import { isInOverlap, type Window } from './replay-window';

export interface ReplayPagePorts {
  readonly history: EventHistoryLister;
  readonly markers: FanOutMarkerReader;
  readonly deliveries: Pick<DeliveryStore, 'read'>;
  readonly queue: DeliveryQueue;
  readonly now: () => Date;
}

/** What a page added to a replay. */
export interface SentPage {
  readonly found: number;
  readonly sent: number;
  readonly lastSent: readonly string[];
  /** ISO 8601. */
  readonly sendingUntil: string;
  /** The order to go on after; missing at the end of the topic's history. */
  readonly next?: string;
}

/** A page is sent, then the place is saved: a crash in between sends it again, under the same delivery ids. */
const EVENTS_PER_PAGE = 100;

/** At a slow rate a page is cut, so that no message waits in the queue for longer than this. */
const SECONDS_PER_PAGE = 60;

/** In a message up to this size an event spares the worker a read, as for live deliveries. */
const INLINE_EVENT_BYTES = 16 * 1024;

const READS_AT_A_TIME = 16;

/** Queues the next page of a topic's history, spread over time by the rate. */
export async function sendPage(
  replay: Replay,
  subscription: Subscription,
  range: Window & { readonly topic: string; readonly after?: string | undefined },
  ports: ReplayPagePorts,
): Promise<SentPage> {
  const limit = Math.min(EVENTS_PER_PAGE, Math.max(1, Math.ceil(replay.ratePerSecond * SECONDS_PER_PAGE)));
  const { entries, next } = await ports.history.list({ ...range, limit, ascending: true });
  const live = await findLive(entries, replay, ports);
  const verdicts = await inParallel(READS_AT_A_TIME, entries, (entry) =>
    judge(entry, live, replay, subscription, ports),
  );
  const wanted = entries.filter((_, index) => verdicts[index] === 'wanted');
  const now = ports.now().getTime();
  const begin = Math.max(now, Date.parse(replay.sendingUntil ?? '') || 0);
  const leavesAt = (index: number) => Math.ceil(begin + (index * 1000) / replay.ratePerSecond);
  if (wanted.length > 0) {
    await ports.queue.send(
      wanted.map((entry, index) => ({
        message: toMessage(entry, replay),
        delaySeconds: secondOf(leavesAt(index)) - secondOf(now),
      })),
    );
  }
  return {
    found: verdicts.filter((verdict) => verdict !== 'not_history').length,
    sent: wanted.length,
    lastSent: wanted.length > 0 ? wanted.map(({ event }) => event.id) : replay.lastSent,
    sendingUntil: new Date(leavesAt(wanted.length)).toISOString(),
    ...(next !== undefined && { next }),
  };
}

/** Queues delay by whole seconds: counted by the clock's, no second gets more than the rate. */
function secondOf(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

/** Those of a page that dispatch has planned for the subscription: they have a delivery of the live run. */
async function findLive(
  entries: readonly HistoryEntry[],
  replay: Replay,
  { markers }: ReplayPagePorts,
): Promise<ReadonlySet<string>> {
  const isAsked = replay.phase === 'sweeping' || replay.holdsLive;
  const ids = entries.flatMap(({ event, order }) =>
    isAsked && isInOverlap(replay, order) ? [event.id] : [],
  );
  const found = ids.length > 0 ? await markers.findMany(ids) : new Map<string, never>();
  return new Set(
    [...found]
      .filter(([, { plan }]) => plan.some(({ id }) => id === replay.subscriptionId))
      .map(([id]) => id),
  );
}

/** `not_history`: it is delivered live, or was sent before. */
type Verdict = 'wanted' | 'filtered' | 'not_history';

async function judge(
  { event }: HistoryEntry,
  live: ReadonlySet<string>,
  replay: Replay,
  { id, filter }: Subscription,
  { deliveries }: ReplayPagePorts,
): Promise<Verdict> {
  const isSweep = replay.phase === 'sweeping';
  if (live.has(event.id)) {
    return 'not_history';
  }
  if (filter && !makeFilterJudge(event)(filter)) {
    return isSweep ? 'not_history' : 'filtered';
  }
  const key = { eventId: event.id, subscriptionId: id, run: replay.run };
  return isSweep && (await deliveries.read(key)) ? 'not_history' : 'wanted';
}

function toMessage(
  { event, order }: HistoryEntry,
  { subscriptionId, run, selector }: Replay,
): DeliveryMessage {
  return {
    v: 1,
    eventId: event.id,
    subscriptionId,
    run,
    topic: topicKeyText(event.topic),
    ...(parseSelector(selector).isPattern && { via: selector }),
    order,
    attempt: 1,
    ...(asciiJson(event).length < INLINE_EVENT_BYTES && { event }),
  };
}
