import * as z from 'zod';
import type { Door } from '../events/event';
import type { DeadLetterMessage, DeliveryMessage } from './delivery';

const key = {
  v: z.literal(1),
  eventId: z.string().min(1),
  subscriptionId: z.string().min(1),
  run: z.int().min(0),
};

/** A record, so that a door that is added does not compile until it is listed here. */
const doors: Record<Door, Door> = {
  webhooks: 'webhooks',
  topics: 'topics',
  events: 'events',
  hub: 'hub',
  manage: 'manage',
  system: 'system',
};

const event = z.object({
  id: z.string(),
  topic: z.object({
    door: z.enum(doors),
    name: z.string(),
  }),
  source: z.string(),
  subject: z.string().exactOptional(),
  time: z.string(),
  dataJson: z.string(),
  attributes: z.record(z.string(), z.string()).exactOptional(),
  actor: z.object({ type: z.string(), id: z.string() }).exactOptional(),
});

const deliveryMessage = z.object({
  ...key,
  topic: z.string().regex(/\//),
  order: z.string(),
  attempt: z.int().min(1),
  event: event.exactOptional(),
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
