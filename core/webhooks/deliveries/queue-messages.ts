import * as z from 'zod';
import { eventSchema } from '../../events/event-schema';
import { type DeadLetterMessage, type DeliveryMessage, holdReasons } from './delivery';

const key = {
  v: z.literal(1),
  eventId: z.string().min(1),
  subscriptionId: z.string().min(1),
  run: z.int().min(0),
};

const deliveryMessage = z.object({
  ...key,
  topic: z.string().regex(/\//),
  via: z.string().regex(/[:/]/).exactOptional(),
  order: z.string(),
  attempt: z.int().min(1),
  event: eventSchema.exactOptional(),
  failures: z.int().min(1).exactOptional(),
  holds: z.int().min(1).exactOptional(),
  heldSince: z.string().exactOptional(),
  heldBy: z.enum(holdReasons).exactOptional(),
  circuitSince: z.string().exactOptional(),
  unconfirmedSince: z.string().exactOptional(),
  slotAt: z.string().exactOptional(),
});

const deadLetterMessage = z.object({ ...key, reason: z.string() });

/** A message of the deliveries queue; `undefined` when it is none. */
export function parseDeliveryMessage(body: unknown): DeliveryMessage | undefined {
  return deliveryMessage.safeParse(body).data;
}

/** A message of the dead-letter queue that points at a dead delivery; `undefined` when it is none. */
export function parseDeadLetterMessage(body: unknown): DeadLetterMessage | undefined {
  return deadLetterMessage.safeParse(body).data;
}
