import * as z from 'zod';
import { doors } from '../../../core/events/event';
import type { BodyOf } from '../openapi/operation';
import { nextReply } from '../paging';

const summary = {
  name: z.string(),
  door: z.enum(doors).describe('Where its events are published'),
  description: z.string().optional(),
  has_schema: z.boolean(),
  deprecated: z.union([z.boolean(), z.string()]).describe('A text says what to use instead'),
  deprecated_at: z.iso.datetime().optional(),
  built_in: z.boolean().describe('Whether it is one of the system'),
  created_at: z.iso.datetime().optional(),
};

const example = {
  name: 'orders',
  door: 'manage',
  description: 'What happens to orders',
  has_schema: true,
  deprecated: false,
  built_in: false,
  created_at: '2026-11-20T12:00:00.000Z',
};

/** A topic as lists have it. */
export const topicSummaryReply = z.strictObject(summary).meta({ examples: [example] });

/** A topic with all that is said of it. */
export const topicReply = z
  .strictObject({
    ...summary,
    schema: z.unknown().optional().meta({ type: 'object', description: 'A JSON Schema' }),
    examples: z.array(z.unknown()).optional(),
  })
  .meta({
    examples: [{ ...example, schema: { type: 'object', required: ['total'] }, examples: [{ total: 1 }] }],
  });

export const topicPageReply = z.strictObject({ topics: z.array(topicSummaryReply), next: nextReply });

export type TopicReply = BodyOf<typeof topicReply>;
export type TopicSummaryReply = BodyOf<typeof topicSummaryReply>;
