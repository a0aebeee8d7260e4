/**
 * The seconds that a `Retry-After` header asks to wait: a number of seconds or an HTTP date (RFC 9110, 10.2.3).
 * @returns `undefined` when it is neither; 0 for a date that has passed.
 */
export function parseRetryAfter(text: string, now: Date): number | undefined {
  const trimmed = text.trim();
  if (/^\d+$/.test(trimmed)) {
    return Number(trimmed);
  }
  // Date.parse takes far more than HTTP dates, such as "-5" or "2.5": all of those forms begin with a day's name.
  const at = /^(mon|tue|wed|thu|fri|sat|sun)/i.test(trimmed) ? Date.parse(trimmed) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now.getTime()) / 1000));
}
