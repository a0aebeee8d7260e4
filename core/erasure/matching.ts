import type { Event } from '../events/event';
import { decodeRecord } from '../stream-record';
import type { KeptRow } from './ports';

/** What the system announces of a person (`profile.*`, `change.*`) has the person as its subject, too. */
export function isOfSubject({ subject }: Event, wanted: string): boolean {
  return subject === wanted;
}

/**
 * Whether a record that nobody could dispatch names the subject: as its key, or as a whole JSON string anywhere in
 * it, also within the JSON text of an event's data. What is not JSON is searched as it is.
 */
export function namesSubject(row: Extract<KeptRow, { kind: 'unprocessable' }>, subject: string): boolean {
  if (row.partitionKey === subject) {
    return true;
  }
  if (row.data === undefined) {
    return false;
  }
  const decoded = decodeRecord(row.data);
  if (!decoded.ok) {
    return Buffer.from(row.data).includes(subject);
  }
  const text = JSON.stringify(decoded.value);
  const quoted = JSON.stringify(subject);
  return text.includes(quoted) || text.includes(JSON.stringify(quoted).slice(1, -1));
}
