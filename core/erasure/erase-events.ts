import { inChunks } from '../in-chunks';
import { inParallel } from '../in-parallel';
import { eraseDeliveries } from './erase-deliveries';
import type { StepResult } from './erase-subjects';
import { addCounts, type ErasureCounts, nothingErased } from './erasure';
import { isOfSubject, namesSubject } from './matching';
import type { ErasePorts, KeptRow } from './ports';

/** Each may have thousands of deliveries, so the time is looked at between so many. */
const EVENTS_AT_ONCE = 10;

/**
 * One page of the events store: events of the subject go, with their deliveries, and so do unprocessable records
 * that name it.
 */
export async function eraseEvents(
  subject: string,
  after: string | undefined,
  ports: Pick<ErasePorts, 'events' | 'deliveries' | 'now'>,
  deadline: Date,
): Promise<StepResult> {
  const { rows, next } = await ports.events.scan(after);
  const found = rows.filter((row) =>
    row.kind === 'event' ? isOfSubject(row.event, subject) : namesSubject(row, subject),
  );
  let counts = nothingErased;
  let done = 0;
  for (const chunk of inChunks(found, EVENTS_AT_ONCE)) {
    // Never before the first: a page that takes long to read must get ahead, too.
    if (done > 0 && ports.now() >= deadline) {
      return { counts, isInterrupted: true };
    }
    done += chunk.length;
    for (const erased of await inParallel(EVENTS_AT_ONCE, chunk, (row) => eraseRow(row, ports))) {
      counts = addCounts(counts, erased);
    }
  }
  return { counts, ...(next !== undefined && { next }) };
}

/**
 * The marker first, so that no dispatch begins anew; then the deliveries; the history last, because it is what the
 * event is found by after a crash.
 */
async function eraseRow(
  row: KeptRow,
  ports: Pick<ErasePorts, 'events' | 'deliveries' | 'now'>,
): Promise<Partial<ErasureCounts>> {
  if (row.kind === 'unprocessable') {
    await ports.events.emptyRecord(row.position);
    return { unprocessableRecords: 1 };
  }
  const marker = await ports.events.flagMarker(row.event.id);
  const deliveries = await eraseDeliveries(row.event.id, marker, ports);
  await ports.events.removeEvent(row);
  return { events: 1, deliveries };
}
