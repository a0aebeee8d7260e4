import * as z from 'zod';
import { moment } from '../../../core/moment';
import { replayFrom } from '../../../core/topics/subscriptions/subscription-schema';

/** The body of `POST /v1/subscriptions/{id}/replays`. */
export const replaySchema = z.strictObject({
  from: replayFrom,
  to: moment.optional(),
  rate_per_second: z.number().min(0.1).max(1000).optional(),
});
