/** Why a call of this package failed; a code never changes its meaning. */
export type MessageErrorCode =
  /** A setting of the client or a buffer is wrong. */
  | 'configuration_invalid'
  /** The message cannot be sent as it is. It was not kept. */
  | 'message_invalid'
  /** The buffer has no room. The messages in `failed` are in nobody's hands but yours. */
  | 'buffer_full'
  /** Another process, or another part of this one, has the buffer's file open. */
  | 'buffer_in_use'
  /** The file is no buffer. */
  | 'buffer_invalid'
  /** The hub refused the call; repeating it would not help. See `status`. */
  | 'refused'
  /** The hub failed or could not be reached. What is in `failed` may have been accepted. */
  | 'unavailable'
  /** The caller's signal stopped the call. What is in `failed` may have been accepted. */
  | 'aborted'
  /** The hub answered something else than this package understands. */
  | 'reply_unreadable';

/** A message that is neither accepted, as far as is known, nor kept in a buffer. */
export interface FailedMessage {
  /** Sent again under it, a message is taken once. */
  readonly idempotencyKey: string;
  readonly topic: string;
  /** How many payloads it has. */
  readonly count: number;
}

export interface MessageErrorDetails {
  /** HTTP status of the last answer. */
  readonly status?: number;
  readonly failed?: readonly FailedMessage[];
  readonly cause?: unknown;
}

/** The one error that this package throws. Its message holds no tokens and no payloads. */
export class MessageError extends Error {
  override readonly name = 'MessageError';
  readonly status?: number;
  /** What was to be published and is neither accepted nor kept, in order. */
  readonly failed: readonly FailedMessage[];

  constructor(
    readonly code: MessageErrorCode,
    message: string,
    details: MessageErrorDetails = {},
  ) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.failed = details.failed ?? [];
    if (details.status !== undefined) {
      this.status = details.status;
    }
  }
}
