import type { WebhookRequest } from '../../../core/webhooks/ports';
import type { TargetArn } from '../../../core/webhooks/targets/target-arn';

/**
 * Hands a delivery to one service.
 * @returns the id that the service gave the message.
 * @throws TooLargeError, {@link RefusedEntryError}, or the service's own error.
 */
export type AwsSender = (webhook: WebhookRequest, arn: TargetArn, signal: AbortSignal) => Promise<string>;

/** More than the service takes, now and whenever it is tried again. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}

/** A call that succeeded and says that the one entry in it did not. */
export class RefusedEntryError extends Error {
  override readonly name = 'RefusedEntryError';
  constructor(readonly code: string) {
    super(code);
  }
}

/** @throws TooLargeError */
export function requireSize(bytes: number, most: number, taker: string): void {
  if (bytes > most) {
    throw new TooLargeError(`the message has ${bytes} bytes; ${taker} takes ${most}`);
  }
}
