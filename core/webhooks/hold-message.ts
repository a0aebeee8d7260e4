import type { DeliveryMessage } from './delivery';
import { LONGEST_DELAY_SECONDS } from './delivery-steps';
import type { DeliveryQueue } from './ports';

/**
 * Sends a message again whose attempt may not be made yet: nothing is recorded, and nothing counts as an attempt.
 * The message remembers since when and how often, so that whoever holds it back can bound it.
 * @param delaySeconds up to 900; more is cut, and the message is held again.
 */
export async function holdMessage(
  message: DeliveryMessage,
  delaySeconds: number,
  { queue, now }: { readonly queue: DeliveryQueue; readonly now: () => Date },
): Promise<void> {
  const held: DeliveryMessage = {
    ...message,
    holds: (message.holds ?? 0) + 1,
    heldSince: message.heldSince ?? now().toISOString(),
  };
  const delay = Math.min(Math.max(0, Math.ceil(delaySeconds)), LONGEST_DELAY_SECONDS);
  await queue.send([{ message: held, delaySeconds: delay }]);
}
