import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { fetchJwks } from './fetch-jwks';

/** How long the issuer's keys are kept; an unknown key id asks again earlier. */
const KEEP_MILLISECONDS = 10 * 60_000;

/** While the issuer does not answer, its last keys are good for so long; a key that it took away must not last. */
const STALE_MILLISECONDS = 60 * 60_000;

/** Tokens with made-up key ids must not turn into a flood of calls to the issuer, least of all when it is down. */
const COOLDOWN_MILLISECONDS = 30_000;

/** Without any keys every call fails: the next try comes soon, but not with each call. */
const RETRY_MILLISECONDS = 1_000;

/**
 * The issuer's public keys.
 * @param uri `https:` (fetched and kept), or `data:` with the key set itself (a file of the configuration).
 * @param now epoch milliseconds.
 * @throws Error when the setting is of no known kind: a deployment mistake, not a caller's.
 */
export function openTokenKeys(uri: string, now: () => number = Date.now): JWTVerifyGetKey {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url?.protocol === 'data:') {
    return createLocalJWKSet(JSON.parse(readDataUri(uri)) as JSONWebKeySet);
  }
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))) {
    return makeRenewedKeys(() => fetchJwks(url), now);
  }
  throw new Error('JWKS_URI must be an https: or data: URI');
}

interface KeptKeys {
  readonly find: JWTVerifyGetKey;
  readonly readAt: number;
}

/**
 * Keys that are read when they are needed and kept for a while.
 * @param read throws when the issuer does not answer, or not with keys.
 */
function makeRenewedKeys(read: () => Promise<JSONWebKeySet>, now: () => number): JWTVerifyGetKey {
  let kept: KeptKeys | undefined;
  let attempt: { readonly startedAt: number; readonly keys: Promise<KeptKeys> } | undefined;
  return async (header, token) => {
    const keys = await currentKeys();
    try {
      return await keys.find(header, token);
    } catch (error) {
      const newer = error instanceof errors.JWKSNoMatchingKey ? await newerThan(keys) : undefined;
      if (newer === undefined) {
        throw error;
      }
      return newer.find(header, token);
    }
  };

  async function currentKeys(): Promise<KeptKeys> {
    const age = kept === undefined ? Number.POSITIVE_INFINITY : now() - kept.readAt;
    if (kept !== undefined && age < KEEP_MILLISECONDS) {
      return kept;
    }
    const stale = age < STALE_MILLISECONDS ? kept : undefined;
    try {
      return await renewed(stale ? COOLDOWN_MILLISECONDS : RETRY_MILLISECONDS);
    } catch (error) {
      if (stale === undefined) {
        throw error;
      }
      return stale;
    }
  }

  /** What the issuer has now, unless it was asked a moment ago. @throws when it does not answer. */
  async function newerThan(keys: KeptKeys): Promise<KeptKeys | undefined> {
    const newest = await renewed(COOLDOWN_MILLISECONDS);
    return newest.readAt > keys.readAt ? newest : undefined;
  }

  /** At most one call at a time, and one within `milliseconds`: else the outcome of the last one. */
  function renewed(milliseconds: number): Promise<KeptKeys> {
    if (attempt === undefined || now() - attempt.startedAt >= milliseconds) {
      attempt = { startedAt: now(), keys: readNow() };
    }
    return attempt.keys;
  }

  async function readNow(): Promise<KeptKeys> {
    const readAt = now();
    kept = { find: createLocalJWKSet(await read()), readAt };
    return kept;
  }
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
