import * as z from 'zod';
import { erasureSteps } from '../../../core/erasure/erasure';
import type { BodyOf } from '../openapi/operation';

const members = {
  id: z.string(),
  subject_sha256: z.string().describe('Hex; the subject itself is not repeated'),
  requested_at: z.iso.datetime(),
  erased: z.strictObject({
    profiles: z.int(),
    change_statuses: z.int(),
    events: z.int(),
    deliveries: z.int(),
    unprocessable_records: z.int(),
  }),
};

const receiptEntry = z.strictObject({
  store: z.string(),
  erased: z.int(),
  remains: z.string().describe('What is left, in words'),
  until: z.iso.datetime().describe('When that is gone, too').optional(),
});

/** An erasure at work, or completed with its receipt. */
export const erasureReply = z
  .discriminatedUnion('state', [
    z.strictObject({
      ...members,
      state: z.literal('working'),
      pass: z.int(),
      step: z.enum(erasureSteps),
      not_before: z.iso.datetime().optional(),
    }),
    z.strictObject({
      ...members,
      state: z.literal('completed'),
      completed_at: z.iso.datetime(),
      receipt: z.array(receiptEntry),
    }),
  ])
  .meta({
    examples: [
      {
        id: 'era_IPVG9tCs_IgZiLURBqiGfEVZ',
        state: 'working',
        subject_sha256: '5f0c8d6a3f7a8c1b9d2e4f60718293a4b5c6d7e8f9010213243546576879808a',
        requested_at: '2026-11-20T12:00:00.000Z',
        pass: 1,
        step: 'profiles',
        erased: { profiles: 0, change_statuses: 0, events: 0, deliveries: 0, unprocessable_records: 0 },
      },
    ],
  });

export type ErasureReply = BodyOf<typeof erasureReply>;
