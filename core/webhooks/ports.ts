import type { DeadLetterMessage, DeliveryMessage } from './delivery';

/** The way into the deliveries queue. */
export interface DeliveryQueue {
  /**
   * Returns when the queue has every message; retries those that it refused one by one.
   * @param messages each with the seconds to hold it back, 0 to 900.
   * @throws when the queue cannot be reached: some messages may have been accepted.
   */
  send(
    messages: readonly { readonly message: DeliveryMessage; readonly delaySeconds: number }[],
  ): Promise<void>;
}

/** The way into the dead-letter queue. */
export interface DeadLetterQueue {
  send(message: DeadLetterMessage): Promise<void>;
}
