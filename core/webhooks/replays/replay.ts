import type { SubscriptionReference } from '../../topics/ports';
import type { DeliveryKey } from '../deliveries/delivery';

export type ReplayState = 'running' | 'done' | 'cancelled' | 'failed';

/**
 * What the replayer does next: it sends the history page after page, settles (everything has left the queue and was
 * tried once), sweeps up what dispatch kept late, and has nothing left to do.
 */
export type ReplayPhase = 'sending' | 'settling' | 'sweeping' | 'over';

/** What names a replay: its deliveries have the same run. */
export type ReplayKey = Pick<DeliveryKey, 'subscriptionId' | 'run'>;

/** Where the sending goes on. */
export interface ReplayPlace {
  /** Topics that are to be sent, `door/name`; the first is the one under way. */
  readonly topics: readonly string[];
  /** The token of the registry's list behind the last of them, for patterns. */
  readonly moreTopics?: string;
  /** Order of the last event of the first topic that was dealt with. */
  readonly after?: string;
}

/** A topic's history on its way to one subscription. Times are ISO 8601, UTC. */
export interface Replay extends ReplayKey {
  /** What the subscription listens to, as its row lies: `door/name` or `door:pattern`. */
  readonly selector: string;
  readonly state: ReplayState;
  /** Why it ended early. */
  readonly reason?: string;
  readonly phase: ReplayPhase;
  /** Arrival of the first event at dispatch, inclusive. @default the start of the history */
  readonly from?: string;
  /** Exclusive. */
  readonly to: string;
  readonly ratePerSecond: number;
  /** Live deliveries wait until the history was sent. */
  readonly holdsLive: boolean;
  /** When the subscription was made: events that were dispatched around it may be live ones or history. */
  readonly subscribedAt: string;
  readonly place?: ReplayPlace;
  /** Events of the history that were found. */
  readonly found: number;
  /** Those of them that were queued; the others do not pass the filter. */
  readonly sent: number;
  /** Ids of the events that were queued last: when they were tried, so was what came before. */
  readonly lastSent: readonly string[];
  /** When the last message leaves the queue. */
  readonly sendingUntil?: string;
  /** When it is looked for what dispatch kept late. */
  readonly sweepAt?: string;
  /** Since when every try to go on has failed. */
  readonly failingSince?: string;
  /** What an `Idempotency-Key` made of the call that started it: see core/idempotency.ts. */
  readonly madeBy?: { readonly seed: string; readonly digest: string };
  /** The replayer that is at it. */
  readonly leaseUntil?: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly endedAt?: string;
  /** Counts the writes, from 1: a write is refused when the row has moved on since it was read. */
  readonly version: number;
}

/** Whether nothing of it was looked at yet. */
export function isUnstarted({ phase, place, found }: Replay): boolean {
  return phase === 'sending' && place === undefined && found === 0;
}

/** The registry's row that leads the replayer to a replay. */
export interface ReplayPointer extends ReplayKey {
  readonly createdAt: string;
}

/** Replays; reads are strongly consistent. */
export interface ReplayStore {
  /** The pointer is written before the replay; one that is there already stays as it is. */
  create(replay: Replay): Promise<'created' | 'already_exists'>;
  find(key: ReplayKey): Promise<Replay | undefined>;
  /** Those of a subscription, the newest first. @param below only runs before this one. */
  list(subscriptionId: string, limit: number, below?: number): Promise<readonly Replay[]>;
  /** Writes it if nobody wrote it since it was read: `version` is one above the one that was read. */
  write(replay: Replay): Promise<'written' | 'conflict'>;
  /** Those that the replayer has to look at, page after page. */
  unfinished(
    after?: string,
  ): Promise<{ readonly pointers: readonly ReplayPointer[]; readonly next?: string }>;
  /** The replayer is done with it. Repeating it changes nothing. */
  forget(key: ReplayKey): Promise<void>;
}

/** What keeps a subscription's live deliveries back while its history is being sent. */
export interface LiveGate {
  /** Lets them go if they wait for this run; repeating it changes nothing. */
  open(subscription: SubscriptionReference, run: number): Promise<void>;
}

/** A replay that nobody has begun. @param at ISO 8601. */
export function newReplay(
  asked: Pick<
    Replay,
    | 'subscriptionId'
    | 'run'
    | 'selector'
    | 'subscribedAt'
    | 'holdsLive'
    | 'ratePerSecond'
    | 'from'
    | 'to'
    | 'madeBy'
  >,
  at: string,
): Replay {
  return {
    ...asked,
    state: 'running',
    phase: 'sending',
    found: 0,
    sent: 0,
    lastSent: [],
    createdAt: at,
    updatedAt: at,
    version: 1,
  };
}

/** The end of a replay: nothing is left to do but to let live deliveries go and to forget it. */
export function endedReplay(
  replay: Replay,
  end: { readonly state: 'cancelled' | 'failed'; readonly reason: string },
  at: string,
): Replay {
  const { leaseUntil: _, ...rest } = replay;
  return { ...rest, ...end, phase: 'over', updatedAt: at, endedAt: at, version: replay.version + 1 };
}
