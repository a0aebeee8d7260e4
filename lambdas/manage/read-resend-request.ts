import * as z from 'zod';
import type { ResendSelection } from '../../core/webhooks/resend-own-deliveries';
import type { HttpRequest } from '../shared/http-message';
import { readBody } from './read-request';

const id = z.string().min(1).max(512);
const ONE_OF = 'give "subscription_id", "event_id" with "subscription_id", or "all": true alone';

const schema = z
  .strictObject({
    event_id: id.optional(),
    subscription_id: id.optional(),
    run: z.int().min(0).optional(),
    all: z.literal(true).optional(),
    dry_run: z.boolean().default(false),
    next: z.string().max(2000).optional(),
  })
  .refine(
    ({ all, event_id, subscription_id }) =>
      all ? !event_id && !subscription_id : subscription_id !== undefined,
    ONE_OF,
  )
  .refine(({ event_id, run }) => run === undefined || event_id !== undefined, '"run" goes with "event_id"');

/** @throws ServiceError `body_invalid` and what {@link readBody} throws. */
export function readResendRequest(request: HttpRequest): {
  readonly selection: ResendSelection;
  readonly dryRun: boolean;
  readonly after: string | undefined;
} {
  const body = readBody(request, schema);
  return { selection: toSelection(body), dryRun: body.dry_run, after: body.next };
}

function toSelection({ event_id, subscription_id, run = 0 }: z.output<typeof schema>): ResendSelection {
  if (subscription_id === undefined) {
    return { of: 'all' };
  }
  return event_id === undefined
    ? { of: 'subscription', subscriptionId: subscription_id }
    : { of: 'delivery', eventId: event_id, subscriptionId: subscription_id, run };
}
