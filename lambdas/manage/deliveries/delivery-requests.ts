import * as z from 'zod';
import { moment } from '../../../core/moment';
import { deliveryStates } from '../../../core/webhooks/deliveries/delivery';
import { pagingQuery } from '../paging';

/** Longer ids were never given, and keys end at 2048 bytes. */
export const LONGEST_ID = 512;

const id = z.string().min(1).max(LONGEST_ID);

/** The body of `POST /v1/deliveries/resend`: one delivery, or a filter. */
export const resendSchema = z
  .strictObject({
    id: z.string().min(1).max(2000),
    event_id: id,
    subscription_id: id,
    run: z.int().min(0),
    force: z.boolean(),
    all: z.literal(true),
    topic: z.string().min(1).max(300),
    state: z.enum(['dead', 'skipped']),
    reason: z.string().min(1).max(100),
    from: moment,
    to: moment,
    dry_run: z.boolean(),
    next: z.string().max(4000),
  })
  .partial();

/** The query of `GET /v1/deliveries`. */
export const deliveryQuery = pagingQuery.extend({
  event_id: id.describe('Stands alone').optional(),
  subscription_id: id.optional(),
  state: z.enum(deliveryStates).describe('`dead` may stand alone').optional(),
  from: z.iso.datetime({ offset: true }).describe('Inclusive').optional(),
  to: z.iso.datetime({ offset: true }).describe('Exclusive').optional(),
  day: z.iso.date().describe('In UTC, in place of `from` and `to`').optional(),
});

/** The query of `GET /v1/deliveries/{id}`. */
export const oneDeliveryQuery = z.object({
  event_id: id.describe('Finds a delivery by an id of the older form').optional(),
});
