import type { Event } from './event';
import { eventBytes } from './event-size';
import type { EventBatch } from './ports';

/** A stream takes 1 MiB a record, its key included; what is below that before it is compressed fits always. */
const MAX_RECORD_BYTES = 900_000;

/** As few records as take the events, in their order: one, as a rule. */
export function toEventBatches(events: readonly Event[], partitionKey: string): readonly EventBatch[] {
  const batches: Event[][] = [];
  let room = 0;
  for (const event of events) {
    const bytes = eventBytes(event) + 1;
    if (bytes > room) {
      batches.push([]);
      room = MAX_RECORD_BYTES;
    }
    batches.at(-1)?.push(event);
    room -= bytes;
  }
  return batches.map((batch) => ({ partitionKey, events: batch }));
}
