import type * as z from 'zod';
import { ServiceError } from '../../../core/errors';
import { parseTopicReference } from '../../../core/topics/topic-reference';
import type { DeliveryKey } from '../../../core/webhooks/deliveries/delivery';
import { parseDeliveryId } from '../../../core/webhooks/deliveries/delivery-id';
import type { ResendFilter } from '../../../core/webhooks/resends/resend-own-deliveries';
import type { HttpRequest } from '../../shared/http-message';
import { readBody } from '../read-request';
import { resendSchema } from './delivery-requests';

type ResendBody = z.output<typeof resendSchema>;

export type ResendRequest = { readonly dryRun: boolean } & (
  | { readonly of: 'one'; readonly key: DeliveryKey; readonly force: boolean }
  | { readonly of: 'filter'; readonly filter: ResendFilter; readonly after: string | undefined }
);

/** @throws ServiceError `body_invalid`, `not_found` (an id that names none) and what {@link readBody} throws. */
export function readResendRequest(request: HttpRequest): ResendRequest {
  const body = readBody(request, resendSchema);
  const dryRun = body.dry_run ?? false;
  if (body.id !== undefined || body.event_id !== undefined) {
    return { of: 'one', dryRun, force: body.force ?? false, key: readKey(body) };
  }
  return { of: 'filter', dryRun, after: body.next, filter: readFilter(body) };
}

function readKey(body: ResendBody): DeliveryKey {
  const {
    id,
    event_id: eventId,
    subscription_id: subscriptionId,
    run,
    force: _,
    dry_run: __,
    ...rest
  } = body;
  const parts = [eventId, subscriptionId, run].filter((part) => part !== undefined);
  const isAlone = Object.keys(rest).length === 0 && (id === undefined || parts.length === 0);
  if (!isAlone || (id === undefined && (eventId === undefined || subscriptionId === undefined))) {
    throw refused(
      'one delivery is named by "id" alone, or by "event_id" with "subscription_id" and, for a replay, "run"',
    );
  }
  const key =
    eventId !== undefined && subscriptionId !== undefined
      ? { eventId, subscriptionId, run: run ?? 0 }
      : parseDeliveryId(id ?? '');
  if (!key) {
    throw new ServiceError('not_found', 'there is no delivery of that id');
  }
  return key;
}

function readFilter({
  subscription_id: subscriptionId,
  topic,
  all,
  run,
  force,
  ...body
}: ResendBody): ResendFilter {
  if (run !== undefined || force !== undefined) {
    throw refused('"run" and "force" go with one delivery: "id", or "event_id" with "subscription_id"');
  }
  if (
    all
      ? subscriptionId !== undefined || topic !== undefined
      : subscriptionId === undefined && topic === undefined
  ) {
    throw refused('give "subscription_id" or "topic" or both, or "all": true without them, or one delivery');
  }
  const { state = 'dead', reason, from, to } = body;
  if (from !== undefined && to !== undefined && from >= to) {
    throw refused('"from" is a time before "to"');
  }
  return {
    subscriptionId,
    topic: topic === undefined ? undefined : parseTopicReference(topic),
    state,
    reason,
    from,
    to,
  };
}

function refused(message: string): ServiceError {
  return new ServiceError('body_invalid', message);
}
