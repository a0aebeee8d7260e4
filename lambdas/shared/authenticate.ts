import { compactVerify, decodeProtectedHeader, errors, type JWTVerifyGetKey } from 'jose';
import type { Principal } from '../../core/principal';
import type { Environment } from '../functions';
import type { HttpRequest } from './http-message';
import { lazily } from './lazily';
import { checkIssuerAndAudience, checkTimes, parseClaims, readScopes, readSubject } from './token-claims';
import { openTokenKeys } from './token-keys';
import { refused, unreadable } from './token-refusals';

export type TokenEnvironment = Pick<
  Environment<'submit-change'>,
  'VERIFY_TOKENS' | 'JWKS_URI' | 'TOKEN_ISSUER' | 'TOKEN_AUDIENCE'
>;

/** @throws ServiceError 401, with CIS's codes and texts, when the request carries no good token. */
export type Authenticator = (request: Pick<HttpRequest, 'headers'>) => Promise<Principal>;

/** One pattern, because only whole base64url segments may reach the decoder. */
const COMPACT_TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * Who calls, by the JWT of `Authorization: Bearer`. RS256 alone, everywhere. With `VERIFY_TOKENS` `false`
 * (the preview) signature, issuer and audience are taken on trust; expiry is not.
 * @param now epoch milliseconds.
 * @throws Error when tokens are verified but there is no issuer or audience to verify against.
 */
export function makeAuthenticator(
  environment: TokenEnvironment,
  now: () => number = Date.now,
): Authenticator {
  const { VERIFY_TOKENS, JWKS_URI, TOKEN_ISSUER, TOKEN_AUDIENCE } = environment;
  // Fail closed: any text but `false` verifies.
  const verifies = VERIFY_TOKENS !== 'false';
  if (verifies && (TOKEN_ISSUER === '' || TOKEN_AUDIENCE === '')) {
    throw new Error('TOKEN_ISSUER and TOKEN_AUDIENCE must be set when VERIFY_TOKENS is not "false"');
  }
  const keys = lazily(() => openTokenKeys(JWKS_URI, now));
  return async (request) => {
    const token = readBearer(request.headers.authorization);
    requireRs256(token);
    const claims = parseClaims(verifies ? await verifySignature(token, keys()) : decodePayload(token));
    checkTimes(claims, now() / 1000, verifies);
    if (verifies) {
      checkIssuerAndAudience(claims, { TOKEN_ISSUER, TOKEN_AUDIENCE });
    }
    return { subject: readSubject(claims), scopes: readScopes(claims) };
  };
}

function readBearer(header: string | undefined): string {
  const [scheme, token, ...rest] = (header ?? '').trim().split(/\s+/);
  if (!scheme) {
    throw refused('authorization_header_missing', 'Authorization header is expected');
  }
  if (scheme.toLowerCase() !== 'bearer') {
    throw refused('invalid_header', 'Authorization header must start with Bearer');
  }
  if (token === undefined) {
    throw refused('invalid_header', 'Token not found');
  }
  if (rest.length > 0) {
    throw refused('invalid_header', 'Authorization header must be Bearer token');
  }
  return token;
}

/** Before any key is looked at: `none` and HS256 with a public key as the secret never get further. */
function requireRs256(token: string): void {
  if (!COMPACT_TOKEN.test(token)) {
    throw unreadable();
  }
  let algorithm: unknown;
  try {
    algorithm = decodeProtectedHeader(token).alg;
  } catch {
    throw unreadable();
  }
  if (algorithm !== 'RS256') {
    throw unreadable();
  }
}

async function verifySignature(token: string, keys: JWTVerifyGetKey): Promise<Uint8Array> {
  try {
    return (await compactVerify(token, keys, { algorithms: ['RS256'] })).payload;
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
      throw refused('invalid_header', 'Unable to find appropriate key');
    }
    if (isKeysOutage(error)) {
      throw error;
    }
    throw unreadable();
  }
}

/** The issuer cannot be reached or answers nonsense: ours to repair, the token may be good. */
function isKeysOutage(error: unknown): boolean {
  return !(
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported
  );
}

function decodePayload(token: string): Uint8Array {
  return Buffer.from(token.split('.')[1] ?? '', 'base64url');
}
