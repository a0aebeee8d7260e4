/** A row of a table, as the store hands it out. */
export type Row = Record<string, unknown>;

/** Epoch seconds until which a row is kept. @param now epoch milliseconds. */
export function expiryAfter(days: number, now: number): number {
  return Math.floor(now / 1000) + days * 24 * 3600;
}

/** Whether a row's time is over: the store removes late what has expired. @param now epoch milliseconds. */
export function hasExpired({ expires_at }: Readonly<Row>, now: number): boolean {
  return typeof expires_at === 'number' && expires_at * 1000 <= now;
}
