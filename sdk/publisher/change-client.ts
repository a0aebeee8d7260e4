import type { LookUpKey } from '../../core/person/ports';
import type { PartialProfile } from '../../core/person/profile';
import { type PublisherRules, parsePublisherRules } from '../../core/person/publisher-rules';
import { PublisherError } from './errors';
import {
  type EndedChange,
  type KnownUser,
  type PublishedChange,
  toEndedChange,
  toKnownUser,
  toPublishedChange,
} from './replies';
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

export interface ListUsersOptions extends CallOptions {
  /** How their ids begin: `ad`, `email`, `github`, `google-oauth2`, `oauth2|firefoxaccounts`. */
  readonly connectionMethod: string;
  /** @default active */
  readonly activity?: 'active' | 'inactive' | 'any';
}

const activities = { active: 'True', inactive: 'False', any: 'any' } as const;

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
   * Sends changes in one call (`POST /changes`), as many as its body takes; `publishAll` sends any number.
   * @returns what became of each, in their order. A refused one does not stop the others. The code `unavailable`
   * is no refusal of the change: the server could not confirm it, and it is to be sent again.
   * @throws PublisherError as {@link publish}
   */
  async publishBatch(
    profiles: readonly PartialProfile[],
    { signal }: CallOptions = {},
  ): Promise<readonly PublishedChange[]> {
    const json = await this.call('POST', '/changes', signal, profiles);
    if (!Array.isArray(json) || json.length !== profiles.length) {
      const text = `the server's answer to ${profiles.length} changes does not name each of them`;
      throw new PublisherError('reply_unreadable', text);
    }
    return json.map(toPublishedChange);
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
    return toEndedChange(sequenceNumber, await this.call('GET', `/change/status?${query}`, signal));
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

  /**
   * Reads who is known already, by how their ids begin: new people are created, known ones updated.
   * @throws PublisherError as {@link publish}
   */
  async *listUsers(options: ListUsersOptions): AsyncGenerator<KnownUser> {
    const { connectionMethod, activity = 'active', signal } = options;
    let nextPage: string | undefined;
    do {
      const query = new URLSearchParams({ connectionMethod, active: activities[activity] });
      if (nextPage !== undefined) {
        query.set('nextPage', nextPage);
      }
      const json = asObject(await this.call('GET', `/v2/users/id/all?${query}`, signal));
      if (!Array.isArray(json.users)) {
        throw new PublisherError('reply_unreadable', 'the server lists no users');
      }
      yield* json.users.map(toKnownUser);
      const next = typeof json.nextPage === 'string' ? json.nextPage : undefined;
      if (next !== undefined && next === nextPage) {
        throw new PublisherError('reply_unreadable', 'the list of users leads back to the page just read');
      }
      nextPage = next;
    } while (nextPage !== undefined);
  }

  /**
   * Reads which publisher may set what, for `ProfileBuilder.keepOwn`.
   * @throws PublisherError as {@link publish}
   */
  async readPublisherRules({ signal }: CallOptions = {}): Promise<PublisherRules> {
    const json = await this.call('GET', '/.well-known/mozilla-iam-publisher-rules', signal);
    try {
      return parsePublisherRules(json);
    } catch (cause) {
      throw new PublisherError('reply_unreadable', (cause as Error).message, { cause });
    }
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
