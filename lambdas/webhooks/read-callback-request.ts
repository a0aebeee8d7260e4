import { ServiceError } from '../../core/errors';
import { type ExactJson, parseExactJson } from '../../core/exact-json';
import type { SecretText } from '../aws/secrets-manager-text';
import type { HttpRequest } from '../shared/http-message';
import { isSameSecret } from '../shared/same-secret';

/**
 * The token that a request offers: contract ADS, section 2. Any header that holds the word passes, and the second
 * word is the token.
 * @throws ServiceError 401; a missing header gets the text of a missing word, where the original failed.
 */
export function readOfferedToken({ headers }: Pick<HttpRequest, 'headers'>): string {
  const { authorization = '' } = headers;
  if (!authorization.includes('Bearer')) {
    throw new ServiceError('authorization_header_missing', '"{Bearer}" missing from "Authorization" header');
  }
  const [, token] = authorization.trim().split(/\s+/);
  if (token === undefined) {
    throw new ServiceError('invalid_header', 'Improperly formatted "Authorization" header');
  }
  return token;
}

/**
 * Compares in constant time. A token that does not fit is compared once more with the secret as it is now: an
 * operator may have replaced it.
 * @param what the token is called in the refusal.
 * @throws ServiceError `invalid_credentials`.
 */
export async function requireSharedToken(
  request: Pick<HttpRequest, 'headers'>,
  secret: SecretText,
  what: 'registration' | 'trigger',
): Promise<void> {
  const offered = readOfferedToken(request);
  if (!isSameSecret(offered, await secret.current()) && !isSameSecret(offered, await secret.renewed())) {
    throw new ServiceError('invalid_credentials', `incorrect ${what} token was provided`);
  }
}

/**
 * The body where it is JSON and says so; `undefined` otherwise: the original tells neither apart.
 * @param limitBytes what the end point accepts, in bytes of the body as it came.
 * @throws ServiceError `body_too_large`.
 */
export function readExactBody({ headers, body }: HttpRequest, limitBytes: number): ExactJson | undefined {
  if (body.length > limitBytes) {
    throw new ServiceError('body_too_large', `the body has ${body.length} bytes; the limit is ${limitBytes}`);
  }
  const [mediaType = ''] = (headers['content-type'] ?? '').split(';');
  if (!/^application\/(json|[^/\s]+\+json)$/i.test(mediaType.trim())) {
    return undefined;
  }
  try {
    return parseExactJson(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}

/** The members of a body that is an object. */
export function membersOf(body: ExactJson | undefined): ReadonlyMap<string, ExactJson> {
  return body?.kind === 'object' ? body.members : new Map();
}
