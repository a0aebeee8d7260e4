import { ServiceError } from '../../core/errors';
import { type Idempotency, makeIdempotency } from '../../core/idempotency';
import type { Principal } from '../../core/principal';
import type { HttpReply, HttpRequest } from '../shared/http-message';

const HEADER = 'idempotency-key';

/** Visible ASCII; the draft's own examples are UUIDs. */
const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * The `Idempotency-Key` of a call that creates something, if it has one.
 * @param body as it was parsed.
 * @throws ServiceError `parameter_invalid` for a key that is none.
 */
export function readIdempotency(
  request: HttpRequest,
  { subject }: Principal,
  body: unknown,
): Idempotency | undefined {
  const key = readIdempotencyKey(request);
  if (key === undefined) {
    return undefined;
  }
  const { method, path } = request;
  // Clients write the slash at the end or leave it out.
  return makeIdempotency({ key, operation: `${method} ${path.replace(/\/+$/, '')}`, subject, body });
}

/** The key itself, for calls whose ids follow from it in a way of their own. @throws ServiceError `parameter_invalid`. */
export function readIdempotencyKey({ headers }: HttpRequest): string | undefined {
  const key = headers[HEADER];
  if (key !== undefined && !KEY.test(key)) {
    throw new ServiceError('parameter_invalid', 'an Idempotency-Key has 1 to 255 visible ASCII characters');
  }
  return key;
}

/** The reply, marked as what an earlier call of the same key had made. */
export function markReplay(reply: HttpReply, isReplay: boolean): HttpReply {
  return isReplay ? { ...reply, headers: { ...reply.headers, 'idempotent-replay': 'true' } } : reply;
}
