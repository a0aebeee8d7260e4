import type { PlanEntry } from '../../core/events/ports';
import { decodeRecord, encodeRecord } from '../../core/stream-record';

/** An id alone, or with the pattern that it listens to: plans hold thousands. */
type StoredEntry = string | readonly [id: string, via: string];

export function packPlan(plan: readonly PlanEntry[]): Uint8Array {
  return encodeRecord(plan.map(toStored));
}

/** @throws when the attribute is not what was written. */
export function unpackPlan(attribute: unknown): readonly PlanEntry[] {
  const plan = decodeRecord(attribute as Uint8Array);
  if (!plan.ok) {
    throw new Error(`the marker of an event holds a plan that is ${plan.reason}`);
  }
  return (plan.value as StoredEntry[]).map(toEntry);
}

function toStored({ id, via }: PlanEntry): StoredEntry {
  return via === undefined ? id : [id, via];
}

function toEntry(stored: StoredEntry): PlanEntry {
  return typeof stored === 'string' ? { id: stored } : { id: stored[0], via: stored[1] };
}
