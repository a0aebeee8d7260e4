import { delayMsOf, pause as pauseFor } from '../back-off';
import { callOnce } from '../call-once';
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
  | { readonly done: false; readonly error: PublisherError; readonly retryAfter?: string | undefined };

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
    await pause(delayMsOf(policy, retry + 1, result.retryAfter), call.signal);
  }
}

/** @throws PublisherError `aborted` */
export function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return pauseFor(delayMs, signal, aborted);
}

async function tryOnce({ method, url, token, body, signal }: Call, { timeoutMs }: RetryPolicy): Promise<Try> {
  if (signal?.aborted) {
    throw aborted(signal.reason);
  }
  const server = {
    headers: async () => ({ authorization: `Bearer ${await token()}` }),
    fetch: globalThis.fetch,
  };
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  const end = await callOnce(server, { method, url, timeoutMs, signal, ...json });
  switch (end.outcome) {
    case 'answered':
      return judge(end.response, end.text);
    case 'failed': {
      const { reason, cause } = end;
      const error = new PublisherError('unavailable', `${new URL(url).origin} ${reason}`, { cause });
      return { done: false, error };
    }
    case 'aborted':
      throw aborted(end.cause);
  }
}

function judge(response: Pick<Response, 'status' | 'headers'>, text: string): Try {
  const { status } = response;
  const json = parseJson(text);
  if (status >= 200 && status < 300) {
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
  const retryAfter = response.headers.get('retry-after') ?? undefined;
  return { done: false, error: new PublisherError('unavailable', said, details), retryAfter };
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
