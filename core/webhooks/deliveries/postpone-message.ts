import { LONGEST_DELAY_SECONDS } from '../../requeue-due';
import type { DeliveryQueue } from '../ports';
import type { DeliveryMessage } from './delivery';

const FIRST_WAIT_SECONDS = 5;

/** With the longest wait between them, some three days: outages are over by then, a fault of ours is not. */
export const FAILURES_ALLOWED = 300;

/**
 * Sends a message again whose delivery could not be worked on because a store failed, after 5 s and then twice as
 * long each time, up to 15 minutes. Left to the queue it would be hidden for six time-outs of the worker, and after
 * five of them an outage of half an hour would look like a message that crashes the worker.
 * @returns false when it has failed so often that the queue may take it for dead; nothing was sent then.
 * @throws when the queue fails as well.
 */
export async function postponeMessage(message: DeliveryMessage, queue: DeliveryQueue): Promise<boolean> {
  const failures = (message.failures ?? 0) + 1;
  if (failures > FAILURES_ALLOWED) {
    return false;
  }
  const delaySeconds = Math.min(FIRST_WAIT_SECONDS * 2 ** (failures - 1), LONGEST_DELAY_SECONDS);
  await queue.send([{ message: { ...message, failures }, delaySeconds }]);
  return true;
}
