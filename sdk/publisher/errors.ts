import type { SchemaIssue } from '../../core/person/json-guard';

/** Why a call of this package failed; a code never changes its meaning. */
export type PublisherErrorCode =
  /** The key cannot be read, or cannot sign. */
  | 'key_invalid'
  /** An attribute's name, content or metadata is wrong. */
  | 'attribute_invalid'
  /** The profile breaks the schema; see `issues`. */
  | 'profile_invalid'
  /** The server refused the call (3xx, 4xx); repeating it would not help. See `status` and `serverCode`. */
  | 'refused'
  /** The server failed or could not be reached, every time. The call may have been accepted. */
  | 'unavailable'
  /** The change has not ended in the time given; it still will. */
  | 'not_ended'
  /** The caller's signal stopped the call. It may have been accepted. */
  | 'aborted'
  /** The file is no journal of a run. */
  | 'journal_invalid'
  /** The server answered something else than this package understands. */
  | 'reply_unreadable';

export interface PublisherErrorDetails {
  /** HTTP status of the last answer. */
  readonly status?: number;
  /** The code in the last answer, such as `token_expired`. */
  readonly serverCode?: string;
  readonly issues?: readonly SchemaIssue[];
  readonly cause?: unknown;
}

/** The one error that this package throws. Its message holds no tokens, keys or values. */
export class PublisherError extends Error {
  override readonly name = 'PublisherError';
  readonly status?: number;
  readonly serverCode?: string;
  readonly issues?: readonly SchemaIssue[];

  constructor(
    readonly code: PublisherErrorCode,
    message: string,
    details: PublisherErrorDetails = {},
  ) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    if (details.status !== undefined) {
      this.status = details.status;
    }
    if (details.serverCode !== undefined) {
      this.serverCode = details.serverCode;
    }
    if (details.issues !== undefined) {
      this.issues = details.issues;
    }
  }
}
