import { parseRetryAfter } from '../core/webhooks/attempts/retry-after';
import type { RetryPolicy } from './connection';

/**
 * How long to wait before the next try: a random part of a growing delay, so that many clients do not come back at
 * once, and at least what the server asks for.
 * @param fruitless tries in a row that brought nothing, this one included.
 * @param retryAfter the header of the last answer.
 * @returns milliseconds
 */
export function delayMsOf(
  { firstDelayMs, maxDelayMs }: Pick<RetryPolicy, 'firstDelayMs' | 'maxDelayMs'>,
  fruitless: number,
  retryAfter: string | undefined,
): number {
  const asked = parseRetryAfter(retryAfter ?? '', new Date());
  const longest = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.max(0, fruitless - 1));
  return Math.max(Math.min(maxDelayMs, 1000 * (asked ?? 0)), Math.random() * longest);
}

/** @param aborted makes the error when the signal ends the wait. */
export function pause(
  delayMs: number,
  signal: AbortSignal | undefined,
  aborted: (cause: unknown) => Error,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(aborted(signal?.reason));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, delayMs);
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) {
      stop();
    }
  });
}
