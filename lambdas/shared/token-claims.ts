import { refused, unreadable, wrongClaims } from './token-refusals';

/** What a token says; nothing of it is believed before it was looked at. */
export type Claims = Readonly<Record<string, unknown>>;

/** Clocks of issuers and ours differ a little. */
const LEEWAY_SECONDS = 5;

/** @throws ServiceError when the payload is no JSON object. */
export function parseClaims(payload: Uint8Array): Claims {
  try {
    const claims: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
    if (typeof claims === 'object' && claims !== null && !Array.isArray(claims)) {
      return claims as Claims;
    }
  } catch {
    // Told below, like every other token that is none.
  }
  throw unreadable();
}

/**
 * @param mustExpire whether a token that never expires is refused.
 * @throws ServiceError `token_expired`, or `invalid_claims` when a time is none or lies ahead.
 */
export function checkTimes(claims: Claims, nowSeconds: number, mustExpire: boolean): void {
  const expiresAt = readSeconds(claims.exp);
  const notBefore = readSeconds(claims.nbf);
  const issuedAt = readSeconds(claims.iat);
  if ([expiresAt, notBefore, issuedAt].some(Number.isNaN) || (mustExpire && expiresAt === undefined)) {
    throw wrongClaims();
  }
  if (expiresAt !== undefined && expiresAt <= nowSeconds - LEEWAY_SECONDS) {
    throw refused('token_expired', 'token is expired');
  }
  if (notBefore !== undefined && notBefore > nowSeconds + LEEWAY_SECONDS) {
    throw wrongClaims();
  }
}

/** CIS's own tools write times as strings of digits. `NaN` is what is neither that nor a number. */
function readSeconds(value: unknown): number | undefined {
  if (value === undefined) {
    return undefined;
  }
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) {
    return Number(value);
  }
  return typeof value === 'number' ? value : Number.NaN;
}

/** @throws ServiceError `invalid_claims` when the token is from or for somebody else. */
export function checkIssuerAndAudience(
  claims: Claims,
  expected: { readonly TOKEN_ISSUER: string; readonly TOKEN_AUDIENCE: string },
): void {
  const audiences = Array.isArray(claims.aud) ? claims.aud : [claims.aud];
  if (claims.iss !== expected.TOKEN_ISSUER || !audiences.includes(expected.TOKEN_AUDIENCE)) {
    throw wrongClaims();
  }
}

/** What a caller makes belongs to its subject, so a token without one could share it with any other. */
export function readSubject({ sub }: Claims): string {
  if (typeof sub !== 'string' || sub === '') {
    throw refused('invalid_claims', 'the token names no subject: the claim "sub" is missing');
  }
  // Stores keep half a character as the sign for what is none, the same one for each: two callers would be one.
  if (/\p{Surrogate}/u.test(sub)) {
    throw refused('invalid_claims', 'the claim "sub" holds half a character');
  }
  return sub;
}

/** Issuers differ in where they put scopes: `scope` as text, `permissions` or `scp` as a list. */
export function readScopes({ scope, scp, permissions }: Claims): ReadonlySet<string> {
  const listed = [scope, scp, permissions].flatMap((claim) =>
    typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : [],
  );
  return new Set(listed.filter((name): name is string => typeof name === 'string' && name !== ''));
}
