import type { PartialProfile } from '../../core/person/profile';
import type { CallOptions, ChangeClient } from './change-client';
import { PublisherError } from './errors';
import type { PublishedChange } from './replies';

interface Sendable {
  readonly change: PartialProfile;
}

/** What became of some of the changes. */
type Answered<Item> = readonly (readonly [Item, PublishedChange])[];

/** Sends a batch in as few calls as the server lets it. */
export interface BulkDoor {
  /**
   * @returns what became of the changes, part by part as it is answered.
   * @throws PublisherError when a call fails, or the caller is not let in.
   */
  send<Item extends Sendable>(items: readonly Item[]): AsyncGenerator<Answered<Item>>;
}

/** The server has no such route. */
const NOT_SERVED = new Set([404, 405, 501]);
const TOO_LARGE = 413;
/** The content is at fault, of one change at least: the others shall not suffer for it. */
const BAD_CONTENT = new Set([400, 403, 409, 422]);
/** Refusals of the caller, whatever is sent. */
const CALLER_CODES = new Set(['insufficient_scope', 'authorization_header_missing']);

/** @param client whose `/changes` is tried first; what that cannot take goes to `/change`, one by one. */
export function openBulkDoor(client: ChangeClient, options: CallOptions): BulkDoor {
  let takesBatches = true;
  return { send };

  async function* send<Item extends Sendable>(items: readonly Item[]): AsyncGenerator<Answered<Item>> {
    if (!takesBatches || items.length === 1) {
      yield* singly(items);
      return;
    }
    const answer = await tryBatch(items.map(({ change }) => change));
    if (Array.isArray(answer)) {
      yield* confirmed(items, answer);
      return;
    }
    takesBatches &&= answer !== 'not_served';
    if (answer === 'too_large') {
      const middle = Math.ceil(items.length / 2);
      yield* send(items.slice(0, middle));
      yield* send(items.slice(middle));
    } else {
      yield* singly(items);
    }
  }

  /** What the server could not confirm is no refusal: it goes again, before a later change of the same user. */
  async function* confirmed<Item extends Sendable>(
    items: readonly Item[],
    answer: readonly PublishedChange[],
  ): AsyncGenerator<Answered<Item>> {
    const answered = items.map((item, at) => [item, answer[at] as PublishedChange] as const);
    yield answered.filter(([, published]) => !isUnconfirmed(published));
    yield* singly(answered.filter(([, published]) => isUnconfirmed(published)).map(([item]) => item));
  }

  async function tryBatch(
    changes: readonly PartialProfile[],
  ): Promise<readonly PublishedChange[] | 'not_served' | 'too_large' | 'bad_content'> {
    try {
      return await client.publishBatch(changes, options);
    } catch (error) {
      const { status = 0 } = refusal(error);
      if (NOT_SERVED.has(status)) {
        return 'not_served';
      }
      if (status === TOO_LARGE) {
        return 'too_large';
      }
      if (isBadContent(error)) {
        return 'bad_content';
      }
      throw error;
    }
  }

  async function* singly<Item extends Sendable>(items: readonly Item[]): AsyncGenerator<Answered<Item>> {
    for (const item of items) {
      yield [[item, await sendOne(item.change)]];
    }
  }

  async function sendOne(change: PartialProfile): Promise<PublishedChange> {
    try {
      return { state: 'accepted', ...(await client.publish(change, options)) };
    } catch (error) {
      if (isBadContent(error) || refusal(error).status === TOO_LARGE) {
        const { serverCode, message } = error as PublisherError;
        return { state: 'refused', ...(serverCode && { code: serverCode }), text: message };
      }
      throw error;
    }
  }
}

function isUnconfirmed(published: PublishedChange): boolean {
  return published.state === 'refused' && published.code === 'unavailable';
}

function refusal(error: unknown): {
  readonly status?: number | undefined;
  readonly serverCode?: string | undefined;
} {
  return error instanceof PublisherError && error.code === 'refused' ? error : {};
}

function isBadContent(error: unknown): boolean {
  const { status = 0, serverCode = '' } = refusal(error);
  return BAD_CONTENT.has(status) && !CALLER_CODES.has(serverCode);
}
