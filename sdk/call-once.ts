import type { Server } from './connection';
import { bodyStream } from './receiver/read-stream';

export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body?: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

export type CallEnd =
  | {
      readonly outcome: 'answered';
      readonly response: Pick<Response, 'status' | 'headers'>;
      readonly text: string;
    }
  /** Nobody knows what the server has done. */
  | { readonly outcome: 'failed'; readonly reason: string; readonly cause: unknown }
  /** The caller's signal stopped it; the server may have done all of it. */
  | { readonly outcome: 'aborted'; readonly cause: unknown };

/** No answer of ours comes near; a server that never ends must not fill the memory. */
const MAX_ANSWER_BYTES = 16_000_000;

/**
 * One try of one call, its answer read to the end. Redirects are answers: following one would turn a POST into a GET,
 * or carry a token to a place that nobody has named.
 * @throws what the function that gets the token throws.
 */
export async function callOnce(server: Pick<Server, 'headers' | 'fetch'>, call: Call): Promise<CallEnd> {
  const { method, url, body, timeoutMs, signal } = call;
  const headers = await server.headers();
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    signal?.throwIfAborted();
    const response = await server.fetch(url, {
      method,
      headers: {
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...call.headers,
        ...headers,
      },
      ...(body !== undefined && { body }),
      redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    const bytes = await bodyStream(response, MAX_ANSWER_BYTES);
    return { outcome: 'answered', response, text: new TextDecoder().decode(bytes) };
  } catch (cause) {
    if (signal?.aborted) {
      return { outcome: 'aborted', cause };
    }
    const reason = timeout.aborted ? 'gave no answer in time' : 'cannot be reached';
    return { outcome: 'failed', reason, cause };
  }
}
