/** When a rule fires: every so many milliseconds, or at the minutes that a cron expression names. */
export type Schedule =
  | { readonly kind: 'rate'; readonly milliseconds: number }
  | { readonly kind: 'cron'; readonly matches: (time: Date) => boolean };

const unitMilliseconds: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/**
 * Reads `rate(…)` or `cron(…)` (minutes, hours, day of month, month, day of week, year; UTC).
 * @returns undefined for anything else: cron's `L`, `W`, `#` and names among it.
 */
export function parseSchedule(expression: string): Schedule | undefined {
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  if (rate) {
    return { kind: 'rate', milliseconds: Number(rate[1]) * (unitMilliseconds[rate[2] ?? ''] ?? 0) };
  }
  const fields = /^cron\((.+)\)$/.exec(expression)?.[1]?.split(/\s+/) ?? [];
  const sets = fields.map(parseField);
  const [minute, hour, dayOfMonth, month, dayOfWeek, year] = sets;
  if (!minute || !hour || !dayOfMonth || !month || !dayOfWeek || !year || sets.length !== 6) {
    return undefined;
  }
  return {
    kind: 'cron',
    matches: (time) =>
      minute(time.getUTCMinutes()) &&
      hour(time.getUTCHours()) &&
      dayOfMonth(time.getUTCDate()) &&
      month(time.getUTCMonth() + 1) &&
      // Sunday is 1.
      dayOfWeek(time.getUTCDay() + 1) &&
      year(time.getUTCFullYear()),
  };
}

type Field = (value: number) => boolean;

function parseField(field: string): Field | undefined {
  const parts = field.split(',').map(parsePart);
  return parts.every((part) => part !== undefined)
    ? (value) => parts.some((part) => part?.(value))
    : undefined;
}

function parsePart(part: string): Field | undefined {
  const found = /^(?:(\*|\?)|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part);
  if (!found) {
    return undefined;
  }
  const [, any, first, last, step] = found;
  const from = any === undefined ? Number(first) : 0;
  const open = any !== undefined || step !== undefined;
  const to = last === undefined ? (open ? Number.POSITIVE_INFINITY : from) : Number(last);
  return (value) => value >= from && value <= to && (value - from) % Number(step ?? 1) === 0;
}
