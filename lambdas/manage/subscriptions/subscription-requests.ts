import * as z from 'zod';
import { pagingQuery } from '../paging';

export const subscriptionStates = ['active', 'paused', 'disabled'] as const;

/** The query of `GET /v1/subscriptions`. */
export const subscriptionQuery = pagingQuery.extend({
  topic: z.string().describe('A topic or a pattern, as the subscription names it').optional(),
  state: z.enum(subscriptionStates).optional(),
});

/** The body of `POST /v1/subscriptions/{id}/test`, which may be left out. */
export const testEventSchema = z.strictObject({});

/** The body of `POST /v1/subscriptions/{id}/confirm`, which may be left out. */
export const confirmSchema = z.strictObject({});

/** The query of `/confirmations`. */
export const grantQuery = z.object({
  id: z.string().describe('Of the subscription'),
  key: z.string().describe('That was handed out with the request'),
});
