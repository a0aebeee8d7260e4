import { MessageError } from './errors';

/** When a message is to be delivered: at a time, or so much later. What is past means now. */
export type ScheduleTime =
  /** A `Date`, or ISO 8601 with an offset, such as `2026-12-24T18:00:00+01:00`. */
  | { readonly at: Date | string }
  | { readonly inSeconds: number }
  | { readonly inMinutes: number }
  | { readonly inHours: number }
  | { readonly inDays: number };

const unitMs: Readonly<Record<string, number>> = {
  inSeconds: 1_000,
  inMinutes: 60_000,
  inHours: 3_600_000,
  inDays: 86_400_000,
};

/** The offset must be there: a time without one means another time on another machine. */
const isoForm = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/i;

/**
 * @param nowMs epoch milliseconds.
 * @returns ISO 8601, UTC.
 * @throws MessageError `message_invalid`
 */
export function readScheduleTime(time: ScheduleTime, nowMs: number): string {
  const entries = Object.entries(time ?? {});
  const [name = '', value] = entries[0] ?? [];
  const ms = name === 'at' ? momentOf(value) : nowMs + Number(value) * (unitMs[name] ?? Number.NaN);
  if (entries.length !== 1 || !(Math.abs(ms) <= 8.64e15) || (name !== 'at' && typeof value !== 'number')) {
    throw new MessageError(
      'message_invalid',
      'say when as one of {at: a Date or ISO 8601 with an offset}, {inSeconds}, {inMinutes}, {inHours}, {inDays}',
    );
  }
  return new Date(ms).toISOString();
}

function momentOf(value: unknown): number {
  if (value instanceof Date) {
    return value.getTime();
  }
  return typeof value === 'string' && isoForm.test(value) ? Date.parse(value) : Number.NaN;
}
