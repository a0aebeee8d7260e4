import type { StreamPosition, StreamRecord } from '../stream-record';
import type { Door, Event } from './event';

/** One record of the events stream, before it is written: its events stay together and in order. */
export interface EventBatch {
  /** Records with the same key keep their order; hashed by the adapter when over 200 bytes or empty. */
  readonly partitionKey: string;
  readonly events: readonly Event[];
}

/** The way into the events stream. */
export interface EventStream {
  /**
   * Returns when the stream has every batch; retries the records that it throttled.
   * Two batches of one key never share a call that could reorder them.
   * @throws when the stream cannot be reached: some batches may have been accepted.
   */
  append(batches: readonly EventBatch[]): Promise<void>;
}

/** The way into the events stream, for callers who hear of each batch and repeat what was not taken. */
export interface EventIntake {
  /**
   * Soon over: whoever calls has a second or two. Order as in {@link EventStream}; of one key, nothing is taken
   * behind a batch that was not.
   * @returns for each batch whether the stream has it, or why nobody knows of it.
   */
  offer(batches: readonly EventBatch[]): Promise<readonly OfferOutcome[]>;
}

/** `throttled`: not taken. `failed`: the stream did not say; it may have been taken. */
export type OfferOutcome = 'taken' | 'throttled' | 'failed';

/** Reads one event of the history; `undefined` when it has expired. */
export interface EventHistoryReader {
  read(key: {
    readonly topic: string;
    readonly order: string;
    readonly eventId: string;
  }): Promise<Event | undefined>;
}

/** Keeps events for replay and audit. */
export interface EventHistoryWriter {
  /** Repeating it with the same event and order changes nothing. */
  keep(order: string, event: Event): Promise<void>;
}

/** An event with its place in the history. */
export interface HistoryEntry {
  /** Sorts by arrival at dispatch; no two events of a topic have the same. */
  readonly order: string;
  readonly event: Event;
}

/** Which part of a topic's history is asked for. */
export interface HistoryRange {
  /** `door/name`. */
  readonly topic: string;
  /** Epoch milliseconds of the arrival at dispatch, inclusive. @default the beginning */
  readonly from?: number | undefined;
  /** Exclusive. @default the end */
  readonly to?: number | undefined;
  readonly limit: number;
  /** The order where the page before ended, as its `next` says; exclusive. */
  readonly after?: string | undefined;
  /** Oldest first; else newest first. */
  readonly ascending: boolean;
}

/** Reads a topic's history in the order of arrival at dispatch; consistent with what was kept before the call. */
export interface EventHistoryLister {
  /**
   * At most `limit` events that have not expired, fewer where they are large. `next` is there as long as there
   * may be more, also after an empty page; it is an order, so that it can be kept and compared.
   */
  list(range: HistoryRange): Promise<{ readonly entries: readonly HistoryEntry[]; readonly next?: string }>;
}

/** One subscription that an event goes to. */
export interface PlanEntry {
  readonly id: string;
  /** What it listens to, where that is not the topic, as in `Delivery`: its row lies there. */
  readonly via?: string;
}

/**
 * Which record of the stream brought an event first, where the event lies in the history, and who gets it:
 * decided once per event, so that repeating a dispatch neither loses nor doubles a delivery.
 */
export interface FanOutMarker {
  readonly eventId: string;
  /** The record that won; another record with the same event id is a duplicate. */
  readonly winner: StreamPosition;
  /** `door/name`. */
  readonly topic: string;
  readonly order: string;
  /** The subscriptions that matched; their number is what the event was fanned out to. */
  readonly plan: readonly PlanEntry[];
  /** Of the doors that number their events. */
  readonly number?: number;
  /** The event was erased: it is neither kept nor fanned out again. */
  readonly erased?: true;
}

export interface FanOutMarkers {
  /**
   * First write wins.
   * @returns the marker that stands, this or an earlier one; `too_large` when its plan does not fit the store.
   */
  claim(marker: FanOutMarker): Promise<FanOutMarker | 'too_large'>;
}

/** Says which event was the first with a key that makes others its duplicates. */
export interface DuplicateClaim {
  readonly key: { readonly door: Door; readonly key: string };
  readonly eventId: string;
  readonly winner: StreamPosition;
  /** ISO 8601: when the stream took the record. */
  readonly arrivedAt: string;
  /** ISO 8601: what arrives from then on is no duplicate of it. */
  readonly until: string;
}

export interface DuplicateClaims {
  /**
   * First write wins, until its time is over at the arrival of another.
   * @returns the claim that stands, this or an earlier one.
   */
  claim(claim: DuplicateClaim): Promise<Pick<DuplicateClaim, 'eventId' | 'winner'>>;
}

/** Says which request an `Idempotency-Key` was used with. */
export interface CallClaims {
  /**
   * The first digest under a seed stands until its time is over.
   * @param claim.until ISO 8601.
   * @param now ISO 8601.
   * @returns whether it is this one.
   */
  claim(
    claim: { readonly seed: string; readonly digest: string; readonly until: string },
    now: string,
  ): Promise<boolean>;
}

/** Whole numbers, leased in blocks: no write per event. */
export interface NumberBlocks {
  /** One atomic step. @returns the first of `size` numbers that nobody else gets; the very first is 1. */
  lease(door: Door, size: number): Promise<number>;
}

/** What stands in the store of an event that was dispatched. */
export interface StandingMarker extends Pick<FanOutMarker, 'topic' | 'order' | 'plan'> {
  /** How many deliveries it was fanned out to. */
  readonly fannedOut: number;
  /** Its content was erased; what was counted stays. */
  readonly erased: boolean;
}

/** Consistent. */
export interface FanOutMarkerReader {
  /** By event id; the map lacks those that have expired or are not dispatched yet. */
  findMany(eventIds: readonly string[]): Promise<ReadonlyMap<string, StandingMarker>>;
}

/** Records that could not be dispatched: kept with their reason, for whoever repairs. First write wins. */
export interface UnprocessableRecords {
  record(record: StreamRecord, reason: string): Promise<void>;
}
