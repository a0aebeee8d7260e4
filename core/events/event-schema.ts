import * as z from 'zod';
import { isJson } from '../json';
import { doors } from './event';

/** Ids and names become keys of the store, which end at 2048 bytes and are UTF-8. */
const keyText = z
  .string()
  .min(1)
  .max(256)
  .refine((text) => !/\p{Surrogate}/u.test(text), 'holds half a character');

/** An event as it travels: on the events stream, and within the messages of the deliveries queue. */
export const eventSchema = z.object({
  id: keyText,
  topic: z.object({ door: z.enum(doors), name: keyText }),
  source: z.string(),
  subject: z.string().exactOptional(),
  time: z.string().min(1),
  dataJson: z.string().refine(isJson, 'is not JSON'),
  attributes: z.record(z.string(), z.string()).exactOptional(),
  attributesJson: z.string().refine(isJson, 'is not JSON').exactOptional(),
  actor: z.object({ type: z.string(), id: z.string() }).exactOptional(),
  clientId: z.string().exactOptional(),
  expiresAt: z.iso.datetime().exactOptional(),
  number: z.int().min(1).exactOptional(),
  dedupe: z.object({ key: keyText, days: z.number().positive() }).exactOptional(),
});
