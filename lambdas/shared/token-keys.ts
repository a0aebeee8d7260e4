import { createLocalJWKSet, createRemoteJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** How long the issuer's keys are kept; an unknown key id asks again earlier. */
const KEEP_MILLISECONDS = 10 * 60_000;

/** Tokens with made-up key ids must not turn into a flood of calls to the issuer. */
const COOLDOWN_MILLISECONDS = 30_000;

/**
 * The issuer's public keys.
 * @param uri `https:` (fetched and kept), or `data:` with the key set itself (a file of the configuration).
 * @throws Error when the setting is of no known kind: a deployment mistake, not a caller's.
 */
export function openTokenKeys(uri: string): JWTVerifyGetKey {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url?.protocol === 'data:') {
    return createLocalJWKSet(JSON.parse(readDataUri(uri)) as JSONWebKeySet);
  }
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))) {
    return createRemoteJWKSet(url, {
      cacheMaxAge: KEEP_MILLISECONDS,
      cooldownDuration: COOLDOWN_MILLISECONDS,
    });
  }
  throw new Error('JWKS_URI must be an https: or data: URI');
}

function readDataUri(uri: string): string {
  const comma = uri.indexOf(',');
  const content = uri.slice(comma + 1);
  return uri.slice(0, comma).endsWith(';base64')
    ? Buffer.from(content, 'base64').toString('utf8')
    : decodeURIComponent(content);
}

function isLoopback(hostname: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}
