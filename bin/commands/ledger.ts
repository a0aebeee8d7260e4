import { inParallel } from '../../core/in-parallel';
import { AnswerError, type Api } from './api';

/** Where an event went, as the manage door counts it. */
export interface Ledger {
  readonly fanned_out: number;
  readonly delivered: number;
  readonly dead: number;
  readonly skipped: number;
  readonly erased: number;
  readonly pending: number;
}

/** @returns `undefined` while the event is not dispatched. */
export async function readLedger(api: Api, eventId: string): Promise<Ledger | undefined> {
  try {
    return (await api.call('GET', `/v1/events/${encodeURIComponent(eventId)}/ledger`)) as Ledger;
  } catch (error) {
    if (error instanceof AnswerError && error.status === NOT_FOUND) {
      return undefined;
    }
    throw error;
  }
}

const NOT_FOUND = 404;

/** A function that is busy with more of them would refuse others. */
const READ_AT_A_TIME = 8;

export async function readLedgers(
  api: Api,
  eventIds: readonly string[],
): Promise<ReadonlyArray<Ledger | undefined>> {
  return inParallel(READ_AT_A_TIME, eventIds, (id) => readLedger(api, id));
}

/** `3 delivered, 1 pending`: what is not nothing. */
export function ledgerText(ledger: Ledger): string {
  const counts = states.filter((state) => ledger[state] > 0).map((state) => `${ledger[state]} ${state}`);
  return counts.length === 0 ? 'nobody subscribes' : counts.join(', ');
}

export function sumOf(ledgers: readonly Ledger[]): Ledger {
  const sum = { fanned_out: 0, delivered: 0, dead: 0, skipped: 0, erased: 0, pending: 0 };
  for (const ledger of ledgers) {
    for (const name of Object.keys(sum) as (keyof Ledger)[]) {
      sum[name] += ledger[name];
    }
  }
  return sum;
}

const states = ['delivered', 'dead', 'skipped', 'erased', 'pending'] as const;
