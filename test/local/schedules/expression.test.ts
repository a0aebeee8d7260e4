import { parseSchedule } from '../../../local/schedules/expression';

const matches = (expression: string, time: string): boolean | undefined => {
  const schedule = parseSchedule(expression);
  return schedule?.kind === 'cron' ? schedule.matches(new Date(time)) : undefined;
};

describe('parseSchedule', () => {
  it.each([
    ['rate(1 minute)', 60_000],
    ['rate(5 minutes)', 300_000],
    ['rate(2 hours)', 7_200_000],
    ['rate(1 day)', 86_400_000],
  ])('reads %s', (expression, milliseconds) => {
    expect(parseSchedule(expression)).toEqual({ kind: 'rate', milliseconds });
  });

  it.each([
    ['cron(0 12 * * ? *)', '2026-01-05T12:00:00Z', true],
    ['cron(0 12 * * ? *)', '2026-01-05T12:01:00Z', false],
    ['cron(0/15 * * * ? *)', '2026-01-05T07:45:00Z', true],
    ['cron(0/15 * * * ? *)', '2026-01-05T07:46:00Z', false],
    // 2026-01-05 is a Monday, which is 2.
    ['cron(0 9-17 ? * 2-6 *)', '2026-01-05T17:00:00Z', true],
    ['cron(0 9-17 ? * 2-6 *)', '2026-01-04T17:00:00Z', false],
    ['cron(0 0 1,15 * ? 2026)', '2026-03-15T00:00:00Z', true],
    ['cron(0 0 1,15 * ? 2026)', '2027-03-15T00:00:00Z', false],
  ])('%s at %s: %s', (expression, time, expected) => {
    expect(matches(expression, time)).toBe(expected);
  });

  it.each([
    'rate(1 fortnight)',
    'rate(x)',
    'cron(0 0 L * ? *)',
    'cron(0 0 * * ?)',
    'cron(0 0 ? * MON *)',
    '',
    'at(2026)',
  ])('does not pretend to know %s', (expression) => {
    expect(parseSchedule(expression)).toBeUndefined();
  });
});
