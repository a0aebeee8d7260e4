import { setTimeout as pause } from 'node:timers/promises';
import type { Api } from './api';
import type { Host } from './host';
import { type Ledger, ledgerText, readLedgers, sumOf } from './ledger';

export interface DeliveriesEnd {
  /** Every event was dispatched, and none of its deliveries is pending. */
  readonly isOver: boolean;
  /** The sum of what was counted. */
  readonly ledger: Ledger;
}

const LOOK_EVERY_MILLISECONDS = 1000;

/** Asks where events went until nothing is pending or the time is up; tells each step that is new. */
export async function awaitDeliveries(
  host: Host,
  api: Api,
  eventIds: readonly string[],
  milliseconds: number,
): Promise<DeliveriesEnd> {
  const until = host.now() + milliseconds;
  const known = new Map<string, Ledger>();
  let open = eventIds;
  let told = '';
  for (;;) {
    const ledgers = await readLedgers(api, open);
    open.forEach((id, index) => {
      const ledger = ledgers[index];
      if (ledger) {
        known.set(id, ledger);
      }
    });
    open = eventIds.filter((id) => known.get(id)?.pending !== 0);
    const sum = sumOf([...known.values()]);
    if (open.length === 0 || host.now() >= until) {
      return { isOver: open.length === 0, ledger: sum };
    }
    const step = `${known.size} of ${eventIds.length} dispatched: ${ledgerText(sum)}`;
    if (step !== told) {
      host.note(step);
      told = step;
    }
    await pause(LOOK_EVERY_MILLISECONDS);
  }
}
