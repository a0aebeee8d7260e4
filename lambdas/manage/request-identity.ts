import { derivedId } from '../../core/derived-id';
import type { Principal } from '../../core/principal';
import type { HttpRequest } from '../shared/http-message';
import { readIdempotency } from './idempotency';

/** The id of what a request makes: under an `Idempotency-Key` the same one each time. */
export interface RequestIdentity {
  readonly id: string;
  /** Tells another request under the same key; missing without a key. */
  readonly requestDigest?: string;
}

/**
 * @param body what the request asks for, parsed.
 * @param random cryptographically random.
 * @throws ServiceError `parameter_invalid` for a key that is none.
 */
export function identifyRequest(
  prefix: 'acc' | 'key' | 'era',
  request: HttpRequest,
  principal: Principal,
  body: unknown,
  random: (count: number) => Uint8Array,
): RequestIdentity {
  const idempotency = readIdempotency(request, principal, body);
  return idempotency === undefined
    ? { id: derivedId(prefix, Buffer.from(random(24)).toString('hex')) }
    : { id: derivedId(prefix, 'idempotency', idempotency.seed), requestDigest: idempotency.digest };
}
