import { inParallel } from '../../in-parallel';
import { originListUrl, originRowUrl } from './origin-url';
import { readOriginList } from './read-origin-list';
import type { OriginRow } from './read-origin-row';
import type { OriginFailure, OriginState, RecoverPorts } from './recover-ports';
import { takeRows } from './take-rows';

/** How the original's client answers when nobody says how many. */
const PAGE = 100;

/** Asked for instead where a page is more than is read. */
const SMALLER_PAGES: Readonly<Record<number, number | undefined>> = { [PAGE]: 10, 10: 1 };

/** Of one origin in one sweep; the next one goes on. */
const MAX_ROWS = 1000;
const MAX_PAGES = 30;

/** The original removes one after the other; small applications shall not feel more than that. */
const REMOVALS_AT_A_TIME = 4;

/** An origin that does not remove is not asked a thousand times. */
const FAILED_REMOVALS_ALLOWED = 4;

/** A row that stays at its origin, and why. */
export interface RefusedRow {
  readonly name: string;
  readonly id?: string;
  readonly reason: string;
}

/** What a sweep of one origin came to. */
export interface OriginSweep {
  /** Rows and messages that are in the stream; those of an earlier sweep that could not be removed count again. */
  readonly rows: number;
  readonly messages: number;
  readonly refused: readonly RefusedRow[];
  /** Taken, and still there by the origin's word or for all we know. */
  readonly unremoved: number;
  /** The origin had nothing left. */
  readonly isEmpty: boolean;
  /** Why the origin gave no list; what was taken before stays taken. */
  readonly failure?: OriginFailure | `status_${number}` | 'not_a_list';
}

/**
 * Sweeps one origin: takes what can be taken of its list, removes it there once the stream has it, and asks for more
 * until there is no more to be seen. Rows that cannot be taken stay, and are asked past.
 * @param originHost the URL of its list, as it was given.
 * @param deadline nothing is asked of the origin after it.
 * @throws when a store or the stream fails: nothing was removed that the stream does not have.
 */
export async function sweepOrigin(
  originHost: string,
  state: OriginState,
  ports: Pick<RecoverPorts, 'client' | 'topics' | 'events' | 'now'>,
  deadline: Date,
): Promise<OriginSweep> {
  const seen = new Map<string, OriginRow['outcome'] | 'stays'>();
  const refused: RefusedRow[] = [];
  const counts = { rows: 0, messages: 0, unremoved: 0 };
  const ended = (rest: Partial<OriginSweep> = {}) => ({ ...counts, refused, isEmpty: false, ...rest });
  let page = PAGE;
  for (let pages = 0; pages < MAX_PAGES && seen.size < MAX_ROWS && ports.now() < deadline; pages += 1) {
    const inTheWay = refused.length + counts.unremoved;
    const limit = inTheWay === 0 && page === PAGE ? undefined : inTheWay + page;
    const answer = await ports.client.list(originListUrl(originHost, limit));
    const list = readOriginList(answer, MAX_ROWS + PAGE);
    if ('failure' in list) {
      const smaller = list.failure === 'answer_too_large' ? SMALLER_PAGES[page] : undefined;
      if (smaller === undefined) {
        return ended({ failure: list.failure });
      }
      page = smaller;
      continue;
    }
    if (list.rows.length === 0) {
      return ended({ isEmpty: true });
    }
    const fresh = list.rows.filter(({ name }) => !seen.has(name)).slice(0, MAX_ROWS - seen.size);
    if (fresh.length === 0) {
      return ended();
    }
    const taken = await takeRows(fresh, state, ports);
    for (const row of fresh) {
      seen.set(row.name, row.outcome);
    }
    refused.push(...taken.refused);
    counts.rows += taken.ids.length;
    counts.messages += taken.messages;
    counts.unremoved += await removeRows(originHost, taken.ids, ports, deadline);
    if (list.rows.length < (limit ?? PAGE)) {
      return ended();
    }
  }
  return ended();
}

/** @returns how many are not known to be gone. */
async function removeRows(
  originHost: string,
  ids: readonly string[],
  { client, now }: Pick<RecoverPorts, 'client' | 'now'>,
  deadline: Date,
): Promise<number> {
  let failed = 0;
  const removed = await inParallel(REMOVALS_AT_A_TIME, ids, async (id) => {
    const url = originRowUrl(originHost, id);
    if (url === undefined || failed >= FAILED_REMOVALS_ALLOWED || now() >= deadline) {
      return false;
    }
    const answer = await client.remove(url);
    const isGone = 'status' in answer && answer.status >= 200 && answer.status < 300;
    failed += isGone ? 0 : 1;
    return isGone;
  });
  return removed.filter((isGone) => !isGone).length;
}
