import * as z from 'zod';

/**
 * A time with its zone, as callers write one. Where the zone moves it out of the years of four digits it is refused:
 * its form in UTC would have a sign, sort elsewhere, and be no time to whoever reads it next.
 */
export const zonedTime = z.iso
  .datetime({ offset: true, abort: true, error: 'expected a time such as 2026-11-20T21:00:00Z' })
  .refine(
    (text) => /^\d{4}-/.test(new Date(text).toISOString()),
    'lies outside of the years 0000 to 9999 in UTC',
  );

/** The same in UTC with milliseconds, so that it sorts as text. */
export const moment = zonedTime.transform((text) => new Date(text).toISOString());
