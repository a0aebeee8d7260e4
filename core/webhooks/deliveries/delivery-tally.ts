import type { Delivery, DeliveryState } from './delivery';

export type StateCounts = Readonly<Record<DeliveryState, number>>;

/** How many rows of an event are in which state, run by run; beside the store of deliveries, which it counts. */
export interface DeliveryTally {
  /**
   * Consistent.
   * @param subscriptionIds only their rows need to be counted; others may be. @default all
   * @returns by run; runs without a row are missing.
   */
  tally(eventId: string, subscriptionIds?: readonly string[]): Promise<ReadonlyMap<number, StateCounts>>;
}

export type TalliedRow = Pick<Delivery, 'state' | 'run'>;

export const noRows: StateCounts = { pending: 0, delivered: 0, dead: 0, skipped: 0, erased: 0 };

export function countByRun(rows: readonly TalliedRow[]): ReadonlyMap<number, StateCounts> {
  const counts = new Map<number, StateCounts>();
  for (const { state, run } of rows) {
    const found = counts.get(run) ?? noRows;
    counts.set(run, { ...found, [state]: found[state] + 1 });
  }
  return counts;
}
