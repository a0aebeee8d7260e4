import { zonedTime } from '../../moment';
import { BLANK, type FieldErrors, RefusedFields, refuse } from '../field-errors';
import { type Fields, type Message, readMessage } from '../message';

const KEYS = ['topic', 'payload', 'attributes', 'schedule_at'] as const;

/** A time without its offset is another moment in every zone: docs/decisions/064-times-have-an-offset.md. */
const WITHOUT_OFFSET =
  'has no offset from UTC: end it in Z or in one such as +01:00 (Django has one with USE_TZ = True)';
const NO_TIME = 'is no ISO 8601 time with an offset, such as 2026-11-28T17:00:00Z';
const TOO_FAR = 'lies outside of the years 0000 to 9999 in UTC';

/** How years beyond four digits are written. */
const LONG_YEAR = /^[+-]\d{5,6}-\d\d-\d\dT/;

/**
 * A message and its time, of a call's fields: contract Postoffice, section 1.5. All four keys must be there.
 * @returns the time as ISO 8601 in UTC with milliseconds.
 * @throws RefusedFields.
 */
export function readSchedule(fields: Fields): { readonly message: Message; readonly scheduledAt: string } {
  const missing = KEYS.filter(
    (key) => !fields.has(key) || (key === 'schedule_at' && fields.get(key) === 'null'),
  );
  if (missing.length > 0) {
    throw new RefusedFields(Object.fromEntries(missing.map((key) => [key, [BLANK]])) as FieldErrors);
  }
  return { message: readMessage(fields), scheduledAt: readTime(fields.get('schedule_at') ?? '') };
}

function readTime(json: string): string {
  const value: unknown = JSON.parse(json);
  // Python's own `str` of a time has a blank in the middle, which the original takes, too.
  const text = typeof value === 'string' ? value.replace(/^(\d{4}-\d\d-\d\d) (?=\d)/, '$1T') : '';
  if (zonedTime.safeParse(text).success) {
    return new Date(text).toISOString();
  }
  throw refuse('schedule_at', problemOf(text));
}

function problemOf(text: string): string {
  if (zonedTime.safeParse(`${text}Z`).success) {
    return WITHOUT_OFFSET;
  }
  const isTime = zonedTime.safeParse(text).error?.issues.some(({ code }) => code === 'custom');
  return isTime || LONG_YEAR.test(text) ? TOO_FAR : NO_TIME;
}
