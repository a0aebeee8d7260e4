import * as z from 'zod';
import { decodeRecord } from '../stream-record';
import type { Event } from './event';
import { eventSchema } from './event-schema';
import { eventBytes, MAX_EVENT_BYTES } from './event-size';

/** Five digits number the events of a record (history-key.ts); doors take far fewer. */
const MAX_EVENTS_PER_RECORD = 50_000;

const recordSchema = z.object({
  v: z.literal(1),
  kind: z.literal('events'),
  events: z.array(eventSchema).min(1).max(MAX_EVENTS_PER_RECORD),
});

export type EventRecordReading =
  | { readonly ok: true; readonly events: readonly Event[] }
  | { readonly ok: false; readonly reason: string };

/**
 * The events of one record of the events stream, in its order. A record is all or nothing: one event that
 * cannot be read refuses the whole of it. Never throws.
 * @returns the reason of a refusal in words, without values.
 */
export function readEventRecord(data: Uint8Array): EventRecordReading {
  const decoded = decodeRecord(data);
  if (!decoded.ok) {
    return decoded;
  }
  const parsed = recordSchema.safeParse(decoded.value);
  if (!parsed.success) {
    return { ok: false, reason: describe(parsed.error) };
  }
  const { events } = parsed.data;
  const tooLarge = events.findIndex((event) => eventBytes(event) > MAX_EVENT_BYTES);
  return tooLarge === -1
    ? { ok: true, events }
    : { ok: false, reason: `event ${tooLarge} has more than ${MAX_EVENT_BYTES} bytes of JSON` };
}

function describe(error: z.ZodError): string {
  const issue = error.issues[0];
  const path = issue?.path.join('.') || 'the record';
  return `${path}: ${issue?.message ?? 'not as expected'}`.slice(0, 300);
}
