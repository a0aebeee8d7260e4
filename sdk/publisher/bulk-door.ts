import type { PartialProfile } from '../../core/person/profile';
import type { CallOptions, ChangeClient } from './change-client';
import { PublisherError } from './errors';
import type { PublishedChange } from './replies';

/** Sends a batch in as few calls as the server lets it. */
export interface BulkDoor {
  /**
   * @returns what became of the changes, in their order, part by part as it is answered.
   * @throws PublisherError when a call fails, or the caller is not let in.
   */
  send(changes: readonly PartialProfile[]): AsyncGenerator<readonly PublishedChange[]>;
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

  async function* send(changes: readonly PartialProfile[]): AsyncGenerator<readonly PublishedChange[]> {
    if (!takesBatches || changes.length === 1) {
      yield* singly(changes);
      return;
    }
    const answer = await tryBatch(changes);
    if (Array.isArray(answer)) {
      yield answer;
      return;
    }
    takesBatches &&= answer !== 'not_served';
    if (answer === 'too_large') {
      const middle = Math.ceil(changes.length / 2);
      yield* send(changes.slice(0, middle));
      yield* send(changes.slice(middle));
    } else {
      yield* singly(changes);
    }
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

  async function* singly(changes: readonly PartialProfile[]): AsyncGenerator<readonly PublishedChange[]> {
    for (const change of changes) {
      yield [await sendOne(change)];
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
