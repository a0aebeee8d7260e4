import * as z from 'zod';
import type { BodyOf } from '../openapi/operation';
import { nextReply } from '../paging';

/** A replay as its owner reads it. */
export const replayReply = z
  .strictObject({
    subscription_id: z.string(),
    run: z.int(),
    state: z.enum(['running', 'done', 'cancelled', 'failed']),
    reason: z.string().describe('Why it ended early').optional(),
    from: z.union([z.literal('start'), z.iso.datetime()]),
    to: z.iso.datetime().describe('Missing where live deliveries wait for it').optional(),
    rate_per_second: z.number(),
    holds_live: z.boolean(),
    events_found: z.int(),
    sent: z.int(),
    position: z.strictObject({ topic: z.string(), at: z.iso.datetime().optional() }).optional(),
    sending_until: z.iso.datetime().describe('When the last message leaves the queue').optional(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    ended_at: z.iso.datetime().optional(),
  })
  .meta({
    examples: [
      {
        subscription_id: 'sub_JUN3rajbtfh4xMFm',
        run: 1,
        state: 'running',
        from: 'start',
        to: '2026-11-20T12:00:00.000Z',
        rate_per_second: 100,
        holds_live: false,
        events_found: 0,
        sent: 0,
        created_at: '2026-11-20T12:00:00.000Z',
        updated_at: '2026-11-20T12:00:00.000Z',
      },
    ],
  });

export const replayPageReply = z.strictObject({ replays: z.array(replayReply), next: nextReply });

export type ReplayReply = BodyOf<typeof replayReply>;
