import type { Event } from '../events/event';
import { decodeRecord } from '../stream-record';
import type { KeptRow } from './ports';

/**
 * What the system announces of a person (`profile.*`, `change.*`) has the person as its subject, too. An event in which
 * a user acted is of that user, even when it is about something else: what `bc-events` publishes has no subject.
 */
export function isOfSubject({ subject, actor, attributes = {} }: Event, wanted: string): boolean {
  const { actorid: id, actortype: type } = attributes;
  return subject === wanted || [actor, { type, id }].some((one) => one?.type === 'user' && one.id === wanted);
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
