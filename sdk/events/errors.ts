/** Why a call of this package failed; a code never changes its meaning. */
export type EventErrorCode =
  /** The topic definitions, or the schema of one of them, cannot be used. */
  | 'definitions_invalid'
  /** A setting of the client or the session is wrong. */
  | 'configuration_invalid'
  /** No topic of that name is defined. */
  | 'topic_not_found'
  /** The event breaks a rule of events, or the schema of its topic. It was not queued. */
  | 'event_invalid'
  /** The queue is full; flush before publishing more. */
  | 'queue_full'
  /** The server refused events or a whole call; see `failed`. Repeating it would not help. */
  | 'refused'
  /** The server failed, was throttled or could not be reached, every time. What is in `failed` may have been accepted. */
  | 'unavailable'
  /** The caller's signal stopped the call. What is in `failed` may have been accepted. */
  | 'aborted';

/** An event that was not accepted, as far as is known. */
export interface FailedEvent {
  /** The event's id: sent again under it, an event is never stored twice. */
  readonly id: string;
  /** The name of its topic. */
  readonly topic: string;
  /** What the server said of it, such as `ValidationException`, where it said something. */
  readonly errorType?: string;
}

export interface EventErrorDetails {
  /** HTTP status of the last answer. */
  readonly status?: number;
  readonly failed?: readonly FailedEvent[];
  readonly cause?: unknown;
}

/** The one error that this package throws. Its message holds no tokens and no data. */
export class EventError extends Error {
  override readonly name = 'EventError';
  readonly status?: number;
  /** What was to be sent and was not accepted, in order. In a session with a queue it is still queued. */
  readonly failed: readonly FailedEvent[];

  constructor(
    readonly code: EventErrorCode,
    message: string,
    details: EventErrorDetails = {},
  ) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.failed = details.failed ?? [];
    if (details.status !== undefined) {
      this.status = details.status;
    }
  }
}
