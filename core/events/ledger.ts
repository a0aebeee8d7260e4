import { inParallel } from '../in-parallel';
import { type DeliveryTally, noRows, type StateCounts } from '../webhooks/deliveries/delivery-tally';
import type { EventHistoryLister, FanOutMarkerReader, StandingMarker } from './ports';

/** Fanned out = delivered + dead + skipped + erased + pending (design: law 5). */
export interface Ledger {
  readonly fannedOut: number;
  readonly delivered: number;
  readonly dead: number;
  readonly skipped: number;
  readonly erased: number;
  /** What has not ended. */
  readonly pending: number;
  /** False would mean that more has ended than was begun. */
  readonly balanced: boolean;
}

export interface EventLedger extends Ledger {
  /** Runs beside the live one: each counts what it has begun, by rows. */
  readonly replays: ReadonlyArray<{ readonly run: number } & StateCounts>;
}

export interface LedgerPorts {
  readonly markers: FanOutMarkerReader;
  readonly tally: DeliveryTally;
}

/** The live run of a delivery; replays have numbers of their own. */
const LIVE_RUN = 0;

/** Each asks for up to 16 parts side by side; the sockets of a client are 50. */
const EVENTS_AT_A_TIME = 3;

/** So many events a page: some hundred reads. */
const HOUR_PAGE_EVENTS = 100;

const HOUR_MILLISECONDS = 3_600_000;

/** Where the deliveries of an event are. */
export async function countEvent(
  eventId: string,
  marker: StandingMarker,
  { tally }: Pick<LedgerPorts, 'tally'>,
): Promise<EventLedger> {
  const runs = await tally.tally(eventId);
  const replays = [...runs]
    .filter(([run]) => run !== LIVE_RUN)
    .sort(([one], [other]) => one - other)
    .map(([run, counts]) => ({ run, ...counts }));
  return { ...balance(marker.fannedOut, runs.get(LIVE_RUN) ?? noRows), replays };
}

/** One page of an hour: its sums are to be added to those of the others. */
export interface HourLedger extends Ledger {
  readonly events: number;
  /** The place where it goes on, while there is more. */
  readonly next?: string;
}

/**
 * Where the deliveries are of the events of a topic that arrived within an hour.
 * @param options.from epoch milliseconds of the beginning of the hour.
 */
export async function countHour(
  {
    topic,
    from,
    after,
  }: { readonly topic: string; readonly from: number; readonly after?: string | undefined },
  ports: LedgerPorts & { readonly lister: EventHistoryLister },
): Promise<HourLedger> {
  const to = from + HOUR_MILLISECONDS;
  const page = await ports.lister.list({ topic, from, to, after, limit: HOUR_PAGE_EVENTS, ascending: true });
  const markers = await ports.markers.findMany(page.entries.map(({ event }) => event.id));
  const ledgers = await inParallel(EVENTS_AT_A_TIME, [...markers], async ([id, marker]) => {
    const runs = marker.fannedOut > 0 ? await ports.tally.tally(id, planOf(marker)) : undefined;
    return balance(marker.fannedOut, runs?.get(LIVE_RUN) ?? noRows);
  });
  return {
    events: ledgers.length,
    ...ledgers.reduce(add, balance(0, noRows)),
    ...(page.next !== undefined && { next: page.next }),
  };
}

/** Whose rows are counted: few parts hold them. An erased event may have lost its plan, not its count. */
function planOf({ plan, fannedOut }: StandingMarker): readonly string[] | undefined {
  return plan.length === fannedOut ? plan.map(({ id }) => id) : undefined;
}

function balance(fannedOut: number, { delivered, dead, skipped, erased }: StateCounts): Ledger {
  const pending = fannedOut - delivered - dead - skipped - erased;
  return {
    fannedOut,
    delivered,
    dead,
    skipped,
    erased,
    pending: Math.max(0, pending),
    balanced: pending >= 0,
  };
}

function add(sum: Ledger, one: Ledger): Ledger {
  return {
    fannedOut: sum.fannedOut + one.fannedOut,
    delivered: sum.delivered + one.delivered,
    dead: sum.dead + one.dead,
    skipped: sum.skipped + one.skipped,
    erased: sum.erased + one.erased,
    pending: sum.pending + one.pending,
    balanced: sum.balanced && one.balanced,
  };
}
