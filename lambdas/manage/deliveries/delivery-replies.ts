import * as z from 'zod';
import { deliveryStates } from '../../../core/webhooks/deliveries/delivery';
import type { BodyOf } from '../openapi/operation';
import { nextReply } from '../paging';

const attempt = z.strictObject({
  number: z.int(),
  at: z.iso.datetime(),
  milliseconds: z.number(),
  status: z.int().optional(),
  address: z.string().optional(),
  failure: z.string().describe('Why it failed, in a word').optional(),
  answer: z.string().describe('The first kilobytes').optional(),
});

/** A delivery with its attempts. */
export const deliveryReply = z
  .strictObject({
    id: z.string(),
    event_id: z.string(),
    subscription_id: z.string(),
    run: z.int().describe('0 is the live one; each replay is a run of its own'),
    topic: z.string(),
    state: z.enum(deliveryStates),
    reason: z.string().describe('Why it ended so').optional(),
    attempt: z.int(),
    attempts: z.array(attempt).describe('The newest, oldest first'),
    resends: z.int(),
    held_seconds: z.number().optional(),
    held_reason: z.string().describe('Why it is not sent again by itself').optional(),
    next_attempt_at: z.iso.datetime().optional(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    ended_at: z.iso.datetime().optional(),
  })
  .meta({
    examples: [
      {
        id: 'dlv_IPVG9tCs_IgZiLURBqiGfEVZ.JUN3rajbtfh4xMFm.0',
        event_id: 'evt_IPVG9tCs_IgZiLURBqiGfEVZ',
        subscription_id: 'sub_JUN3rajbtfh4xMFm',
        run: 0,
        topic: 'orders',
        state: 'dead',
        reason: 'attempts_used_up',
        attempt: 1,
        attempts: [
          { number: 1, at: '2026-11-20T12:00:01.000Z', milliseconds: 12, status: 500, failure: 'status_500' },
        ],
        resends: 0,
        created_at: '2026-11-20T12:00:01.012Z',
        updated_at: '2026-11-20T12:00:01.012Z',
        ended_at: '2026-11-20T12:00:01.012Z',
      },
    ],
  });

export const deliveryPageReply = z.strictObject({ deliveries: z.array(deliveryReply), next: nextReply });

/** Of one delivery or of a filter's page. */
export const resendReply = z
  .strictObject({
    matched: z.int(),
    resent: z.int().describe('0 in a dry run'),
    left: z.record(z.string(), z.int()).describe('Those that cannot go, by the reason'),
    next: nextReply,
    delivery_id: z.string().describe('Where one was asked for; with `force` it is a new one').optional(),
  })
  .meta({ examples: [{ matched: 3, resent: 2, left: { subscription_paused: 1 } }] });

export type DeliveryReply = BodyOf<typeof deliveryReply>;
