import type { LookUpKey } from '../../core/person/ports';
import type { PartialProfile } from '../../core/person/profile';
import { PublisherError } from './errors';
import { asObject, defaultRetryPolicy, pause, type RetryPolicy, request } from './request';

export interface ChangeClientOptions extends Partial<RetryPolicy> {
  /** Such as `https://changes.example.org`; a stage prefix may follow. */
  readonly baseUrl: string;
  /** A bearer token, or what gives a fresh one: it is asked before every try. */
  readonly token: string | (() => string | Promise<string>);
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** How a change ended. */
export interface EndedChange {
  readonly sequenceNumber: string;
  readonly state: 'integrated' | 'noop' | 'rejected';
  readonly condition?: 'create' | 'update' | 'delete';
  /** Why it was rejected, such as `invalid_signature`. */
  readonly code?: string;
  readonly text?: string;
}

/** Polling starts at this pace, slows down by half each time, and stays at the last one. */
const POLL_MS = { first: 50, last: 1000 };

/** Sends changes to a Changewire, asks how they ended, reads persons. */
export class ChangeClient {
  private readonly baseUrl: string;
  private readonly policy: RetryPolicy;

  constructor(private readonly options: ChangeClientOptions) {
    this.baseUrl = options.baseUrl.replace(/\/+$/, '');
    const { retries, firstDelayMs, maxDelayMs, timeoutMs } = { ...defaultRetryPolicy, ...options };
    this.policy = { retries, firstDelayMs, maxDelayMs, timeoutMs };
  }

  /**
   * Sends one change. Done when the server has it safe; how it ends is {@link waitForStatus}'s to tell. Repeating
   * is harmless: a change that was accepted twice ends as integrated, then noop.
   * @throws PublisherError `refused`, `unavailable`, `aborted`, `reply_unreadable`
   */
  async publish(
    profile: PartialProfile,
    { signal }: CallOptions = {},
  ): Promise<{ readonly sequenceNumber: string }> {
    const json = asObject(await this.call('POST', '/change', signal, profile));
    const { sequence_number: sequenceNumber } = json;
    if (typeof sequenceNumber !== 'string') {
      throw new PublisherError(
        'reply_unreadable',
        'the server accepted the change without a sequence_number',
      );
    }
    return { sequenceNumber };
  }

  /**
   * Waits until a change has ended. A rejection is an answer, not an error.
   * @param options.timeoutMs how long to wait in all. @default 30 000
   * @throws PublisherError `not_ended` when the time is over, and as {@link publish}
   */
  async waitForStatus(
    sequenceNumber: string,
    { timeoutMs = 30_000, signal }: CallOptions & { readonly timeoutMs?: number } = {},
  ): Promise<EndedChange> {
    const deadline = Date.now() + timeoutMs;
    for (let pollMs = POLL_MS.first; ; pollMs = Math.min(POLL_MS.last, pollMs * 1.5)) {
      const status = await this.readStatus(sequenceNumber, signal);
      if (status) {
        return status;
      }
      const left = deadline - Date.now();
      if (left <= 0) {
        const text = `the change ${sequenceNumber} has not ended within ${timeoutMs} ms`;
        throw new PublisherError('not_ended', text);
      }
      await pause(Math.min(pollMs, left), signal);
    }
  }

  /** How a change ended; `undefined` while it has not, and for a number that the server does not know. */
  async readStatus(sequenceNumber: string, signal?: AbortSignal): Promise<EndedChange | undefined> {
    const query = new URLSearchParams({ sequenceNumber });
    const json = asObject(await this.call('GET', `/change/status?${query}`, signal));
    const { state, condition, code, text } = json;
    if (state !== 'integrated' && state !== 'noop' && state !== 'rejected') {
      return undefined;
    }
    return {
      sequenceNumber,
      state,
      ...(isCondition(condition) && { condition }),
      ...(typeof code === 'string' && { code }),
      ...(typeof text === 'string' && { text }),
    };
  }

  /**
   * Reads an active person: as much of the profile as the token's scopes show.
   * @returns `undefined` when there is none. Other keys than `user_id` may lag a moment behind a change.
   * @throws PublisherError as {@link publish}
   */
  async readPerson(
    by: LookUpKey,
    value: string,
    { signal }: CallOptions = {},
  ): Promise<PartialProfile | undefined> {
    const encoded = encodeSegment(value);
    const json = asObject(await this.call('GET', `/v2/user/${by}/${encoded}`, signal));
    return Object.keys(json).length === 0 ? undefined : (json as PartialProfile);
  }

  private call(method: 'GET' | 'POST', path: string, signal?: AbortSignal, body?: unknown): Promise<unknown> {
    const { token } = this.options;
    const currentToken = async () => (typeof token === 'string' ? token : token());
    const url = `${this.baseUrl}${path}`;
    return request(
      { method, url, token: currentToken, signal, ...(body !== undefined && { body }) },
      this.policy,
    );
  }
}

/**
 * Encoded twice, as the clients of the original do and the server expects. A lone `.` or `..` would be taken for
 * a way through the path, encoded once or not.
 */
function encodeSegment(value: string): string {
  const once = encodeURIComponent(value);
  return encodeURIComponent(/^\.{1,2}$/.test(once) ? once.replaceAll('.', '%2E') : once);
}

function isCondition(value: unknown): value is NonNullable<EndedChange['condition']> {
  return value === 'create' || value === 'update' || value === 'delete';
}
