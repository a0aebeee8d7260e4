import type { HttpRequest } from './http-message';

/** Who may call from a page of another origin: everybody, but with which headers, and with cookies or without. */
export interface CorsPolicy {
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly credentials: boolean;
}

/** Contract CIS, section 1.4: what the original's services let pages do. */
const cis = {
  methods: ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'],
  headers: [
    ...['x-requested-with', 'content-type', 'accept', 'origin', 'authorization', 'x-csrftoken'],
    ...['withcredentials', 'cache-control', 'cookie', 'session-id'],
  ],
} as const;

/** For the person door. No cookie means anything here, so nothing is given away. */
export const withCredentials: CorsPolicy = { ...cis, credentials: true };

/** For the change door. */
export const withoutCredentials: CorsPolicy = { ...cis, credentials: false };

/** A serialised origin (RFC 6454, section 6.2), or `null`; nothing else is echoed. */
const ORIGIN = /^(null|[a-z][a-z0-9+.-]*:\/\/[^\s/?#"<>\\]+)$/i;

type Call = Pick<HttpRequest, 'method' | 'headers'>;

/** The headers that every reply to a page has; those of a preflight besides when it is one. */
export function corsHeaders({ method, headers }: Call, policy: CorsPolicy): Readonly<Record<string, string>> {
  const { origin = '' } = headers;
  if (!ORIGIN.test(origin)) {
    return { vary: 'Origin' };
  }
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    ...(policy.credentials && { 'access-control-allow-credentials': 'true' }),
    ...(method === 'OPTIONS' && preflightHeaders(headers, policy)),
  };
}

function preflightHeaders(headers: Call['headers'], policy: CorsPolicy): Readonly<Record<string, string>> {
  if (headers['access-control-request-method'] === undefined) {
    return {};
  }
  const asked = (headers['access-control-request-headers'] ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase());
  const allowed = policy.headers.filter((name) => asked.includes(name));
  return {
    'access-control-allow-methods': policy.methods.join(', '),
    ...(allowed.length > 0 && { 'access-control-allow-headers': allowed.join(', ') }),
  };
}
