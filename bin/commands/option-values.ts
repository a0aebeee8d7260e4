import { InvalidArgumentError } from 'commander';

/** An option that may be repeated. */
export function collect(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, value];
}

export function seconds(value: string): number {
  return wholeNumber(value, 1, 365 * 24 * 3600, 'a whole number of seconds, from 1');
}

/** 0 lets the system choose. */
export function port(value: string): number {
  return wholeNumber(value, 0, 65_535, 'a port: 0 to 65535');
}

export function count(value: string): number {
  return wholeNumber(value, 1, 1_000_000, 'a whole number, from 1');
}

/** 0 is the live run of a delivery, each replay has a number of its own. */
export function runNumber(value: string): number {
  return wholeNumber(value, 0, 1_000_000, 'a whole number, from 0');
}

export function httpStatus(value: string): number {
  return wholeNumber(value, 200, 599, 'an HTTP status: 200 to 599');
}

/** Waits between attempts, in seconds: `5,300`; empty for one attempt only. */
export function schedule(value: string): number[] {
  return value.trim() === ''
    ? []
    : value.split(',').map((wait) => wholeNumber(wait.trim(), 0, 7 * 24 * 3600, 'waits such as 5,300,1800'));
}

/** A time as people write it: how long ago, a day of UTC, or a time, without a zone this machine's. */
export function moment(value: string): string {
  const time = agoOf(value, Date.now()) ?? (/^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : Number.NaN);
  if (Number.isNaN(time)) {
    throw new InvalidArgumentError(
      'It must be a time such as 2026-11-20 or 2026-11-20T21:04:11Z, or 15m for so long ago.',
    );
  }
  return new Date(time).toISOString();
}

/** `90s`, `15m`, `2h`, `3d` before now. @returns epoch milliseconds, `undefined` for another text. */
export function agoOf(text: string, now: number): number | undefined {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  return unit === undefined ? undefined : now - Number(amount) * units[unit as keyof typeof units];
}

export function startOrMoment(value: string): string {
  return value === 'start' ? value : moment(value);
}

export function eventsPerSecond(value: string): number {
  const number = Number(value);
  if (!/^\d+(\.\d+)?$/.test(value) || number < 0.1 || number > 1000) {
    throw new InvalidArgumentError('It must be a number from 0.1 to 1000.');
  }
  return number;
}

function wholeNumber(value: string, least: number, most: number, meaning: string): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < least || number > most) {
    throw new InvalidArgumentError(`It must be ${meaning}.`);
  }
  return number;
}
