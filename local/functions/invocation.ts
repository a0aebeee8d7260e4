/** What a synchronous invocation takes and gives back at most, on AWS and here. */
export const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

/** How an invocation ended. */
export type InvocationOutcome =
  /** The handler returned; `payload` is its reply as JSON. */
  | { readonly kind: 'returned'; readonly payload: string }
  /** The handler threw. */
  | { readonly kind: 'failed'; readonly errorType: string; readonly message: string }
  /** The instance ended while it worked: out of memory, `process.exit`, an error outside of the handler. */
  | { readonly kind: 'crashed'; readonly message: string }
  /** The function's time was used up; the instance was ended. */
  | { readonly kind: 'timed-out' }
  /** Nobody waits for it any more; it had not begun. */
  | { readonly kind: 'cancelled' };

/** Calls a function of the template. */
export interface Invocable {
  readonly name: string;
  readonly arn: string;
  /**
   * Invokes the function as soon as an instance is free. It never rejects.
   * @param event the event as JSON, at most `MAX_PAYLOAD_BYTES` of it.
   * @param signal withdraws the invocation as long as it has not begun.
   */
  invoke(event: string, signal?: AbortSignal): Promise<InvocationOutcome>;
}

/** One line for the journal about an outcome that is no success. */
export function explain(outcome: InvocationOutcome): string {
  switch (outcome.kind) {
    case 'failed':
      return `failed with ${outcome.errorType}`;
    case 'crashed':
      return `crashed: ${outcome.message}`;
    case 'timed-out':
      return 'timed out';
    default:
      return outcome.kind;
  }
}
