import { createHash } from 'node:crypto';
import { derivedId } from '../../core/derived-id';
import { ServiceError } from '../../core/errors';
import type { Principal } from '../../core/principal';
import type { HttpRequest } from '../shared/http-message';

/** Visible ASCII, as clients' libraries make them. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

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
  prefix: 'acc' | 'key',
  request: HttpRequest,
  principal: Principal,
  body: unknown,
  random: (count: number) => Uint8Array,
): RequestIdentity {
  const key = request.headers['idempotency-key'];
  if (key === undefined) {
    return { id: derivedId(prefix, Buffer.from(random(24)).toString('hex')) };
  }
  if (!IDEMPOTENCY_KEY.test(key)) {
    throw new ServiceError('parameter_invalid', 'Idempotency-Key has 1 to 255 visible ASCII characters');
  }
  return {
    id: derivedId(prefix, 'idempotency_key', principal.subject, request.resource, key),
    requestDigest: createHash('sha256')
      .update(JSON.stringify([request.parameters, body]))
      .digest('hex'),
  };
}
