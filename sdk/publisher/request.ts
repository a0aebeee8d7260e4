import { setTimeout as wait } from 'node:timers/promises';
import { parseRetryAfter } from '../../core/webhooks/retry-after';
import { PublisherError } from './errors';

/** How calls are repeated: only what repeating can help, and never for ever. */
export interface RetryPolicy {
  /** Tries after the first one. @default 4 */
  readonly retries: number;
  /** Upper bound of the wait before the first retry; it doubles each time. @default 200 */
  readonly firstDelayMs: number;
  /** No wait is longer, whatever the server asks for. @default 10 000 */
  readonly maxDelayMs: number;
  /** How long one try may take. @default 10 000 */
  readonly timeoutMs: number;
}

export const defaultRetryPolicy: RetryPolicy = {
  retries: 4,
  firstDelayMs: 200,
  maxDelayMs: 10_000,
  timeoutMs: 10_000,
};

export interface Call {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** Asked anew for each try: a token may expire in between. */
  readonly token: () => Promise<string>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

type Try =
  | { readonly done: true; readonly json: unknown }
  | { readonly done: false; readonly error: PublisherError; readonly retryAfterMs?: number };

/**
 * Calls until there is an answer worth having. Failures of the server (5xx), 429 and of the network are tried
 * again, after a random part of a growing delay, so that many clients do not come back at once; refusals are not.
 * @returns the JSON of the answer.
 * @throws PublisherError
 */
export async function request(call: Call, policy: RetryPolicy): Promise<unknown> {
  for (let retry = 0; ; retry += 1) {
    const result = await tryOnce(call, policy);
    if (result.done) {
      return result.json;
    }
    if (retry >= policy.retries) {
      throw result.error;
    }
    const longest = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** retry);
    const asked = Math.min(policy.maxDelayMs, result.retryAfterMs ?? 0);
    await pause(Math.max(asked, Math.random() * longest), call.signal);
  }
}

/** @throws PublisherError `aborted` */
export async function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await wait(delayMs, undefined, signal ? { signal } : {});
  } catch (cause) {
    throw aborted(cause);
  }
}

async function tryOnce(call: Call, { timeoutMs }: RetryPolicy): Promise<Try> {
  if (call.signal?.aborted) {
    throw aborted(call.signal.reason);
  }
  const token = await call.token();
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = call.signal ? AbortSignal.any([call.signal, timeout]) : timeout;
  let response: Response;
  let text: string;
  try {
    response = await fetch(call.url, { ...initOf(call, token), signal });
    text = await response.text();
  } catch (cause) {
    if (call.signal?.aborted) {
      throw aborted(cause);
    }
    const why = timeout.aborted ? `gave no answer within ${timeoutMs} ms` : `cannot be reached`;
    const error = new PublisherError('unavailable', `${new URL(call.url).origin} ${why}`, { cause });
    return { done: false, error };
  }
  return judge(response, text);
}

function initOf({ method, body }: Call, token: string): RequestInit {
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  const contentType = body === undefined ? {} : { 'content-type': 'application/json' };
  const headers = { accept: 'application/json', authorization: `Bearer ${token}`, ...contentType };
  // A redirect would carry the token to a place that nobody has named.
  return { method, headers, redirect: 'manual', ...json };
}

function judge(response: Response, text: string): Try {
  const { status } = response;
  const json = parseJson(text);
  if (response.ok) {
    if (json === undefined) {
      throw new PublisherError('reply_unreadable', `the server answered ${status} without JSON`, { status });
    }
    return { done: true, json };
  }
  const { code, description, message } = asObject(json);
  const serverCode = typeof code === 'string' ? code : undefined;
  const told = [serverCode, description ?? message].filter((part) => typeof part === 'string').join(': ');
  const said = `the server answered ${status}${told && ` ${told}`}`;
  const details = { status, ...(serverCode && { serverCode }) };
  if (status < 500 && status !== 429) {
    throw new PublisherError('refused', said, details);
  }
  const retryAfterMs = 1000 * (parseRetryAfter(response.headers.get('retry-after') ?? '', new Date()) ?? 0);
  return { done: false, error: new PublisherError('unavailable', said, details), retryAfterMs };
}

export function asObject(json: unknown): Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function aborted(cause: unknown): PublisherError {
  return new PublisherError('aborted', 'the call was stopped by its signal', { cause });
}
