import * as z from 'zod';
import { parseSelector, selectorText } from '../../events/event';
import type { SubscriptionReference } from '../../topics/ports';
import type { Confirmation } from '../../topics/subscriptions/confirmation';
import type { Subscription } from '../../topics/subscriptions/subscription';

const confirmationMessage = z.object({
  v: z.literal(1),
  kind: z.literal('confirmation'),
  subscriptionId: z.string().min(1),
  /** What the subscription listens to: `door/name`, or `door:pattern`. */
  via: z.string().regex(/[:/]/),
  confirmationId: z.string().min(1),
  /** How often it had been asked when this was sent. */
  attempts: z.int().min(0),
});

/** What travels on the deliveries queue beside deliveries: have a target asked. */
export type ConfirmationMessage = Readonly<z.infer<typeof confirmationMessage>>;

/** @returns `undefined` when it is none. */
export function parseConfirmationMessage(body: unknown): ConfirmationMessage | undefined {
  return confirmationMessage.safeParse(body).data;
}

/** @param confirmationId of the one that is open: a message about one that was replaced meanwhile asks nobody. */
export function toConfirmationMessage(
  { id, topic }: Pick<Subscription, 'id' | 'topic'>,
  { id: confirmationId, attempts }: Pick<Confirmation, 'id' | 'attempts'>,
): ConfirmationMessage {
  return {
    v: 1,
    kind: 'confirmation',
    subscriptionId: id,
    via: selectorText(topic),
    confirmationId,
    attempts,
  };
}

export function referenceOf({ subscriptionId, via }: ConfirmationMessage): SubscriptionReference {
  return { id: subscriptionId, topic: parseSelector(via) };
}
