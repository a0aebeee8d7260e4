import * as z from 'zod';
import { draftSchema } from '../../../core/events/event-draft';
import { nextQuery, pagingQuery } from '../paging';

/** An event in our own form; the data may be anything that a topic's schema takes. */
export const plainEventSchema = draftSchema.extend({ data: z.unknown() });

/** A CloudEvent in its JSON format (CloudEvents 1.0.2); extensions are texts, booleans and integers. */
export const cloudEventSchema = z.looseObject({
  specversion: z.literal('1.0'),
  id: draftSchema.shape.id.unwrap(),
  source: draftSchema.shape.source.unwrap(),
  type: draftSchema.shape.topic.describe('The topic'),
  subject: draftSchema.shape.subject,
  time: draftSchema.shape.time,
  expirytime: draftSchema.shape.expires_at,
  datacontenttype: z.string().describe('JSON alone').optional(),
  dataschema: z.string().optional(),
  data: z.unknown().optional(),
});

const topic = z.string().describe('As callers name it');
const moment = z.iso.datetime({ offset: true });

/** The query of `GET /v1/events`. */
export const eventQuery = pagingQuery.extend({
  topic,
  from: moment.describe('Arrival, inclusive').optional(),
  to: moment.describe('Arrival, exclusive').optional(),
  order: z.enum(['desc', 'asc']).describe('`desc`: newest first').default('desc').optional(),
});

/** The query of `GET /v1/ledger`. */
export const hourQuery = nextQuery.extend({
  topic,
  hour: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}T\d{2}$/)
    .describe('In UTC, such as `2026-11-20T21`'),
});
