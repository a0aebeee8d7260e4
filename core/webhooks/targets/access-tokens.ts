import type { ClientCredentials } from '../../topics/credentials/credentials';
import type { WebhookTarget } from '../ports';

/** Why a subscriber's token could not be had: `token_refused` by its issuer, no usable answer, or our own proxy. */
export type TokenFailure = 'token_refused' | 'token_unavailable' | 'proxy_failed';

/** The bearer tokens that subscriptions with credentials need. */
export interface AccessTokens {
  /**
   * @param options.timeoutSeconds for the issuer's answer.
   * @param options.refused a token that the subscriber did not take: another one is fetched.
   */
  read(
    credentials: ClientCredentials,
    options: { readonly timeoutSeconds: number; readonly refused?: string },
  ): Promise<{ readonly token: string } | { readonly failure: TokenFailure }>;
}

/** What an issuer gave: a token, and for how long it is to be kept. */
export type Fetched =
  | { readonly token: string; readonly goodSeconds: number }
  | { readonly failure: TokenFailure };

/** A token is renewed this long before it expires, a short-lived one after nine tenths of its life. */
const MARGIN_SECONDS = 60;

/** Where the issuer does not say how long a token is good for. */
const UNTOLD_SECONDS = 300;

/** Bounds the memory of a container that serves many subscribers. */
const MOST_KEPT = 500;

/** JWTs with many claims are large, but no server takes a header that is larger. */
const LONGEST_TOKEN = 8 * 1024;
const ANSWER_BYTES = 32 * 1024;

/** RFC 6750, section 2.1: nothing that could end a header. */
const BEARER = /^[A-Za-z0-9\-._~+/]+=*$/;

/**
 * Fetches tokens by client credentials (RFC 6749, section 4.4) and keeps each until shortly before it expires.
 * Those who need the same one at the same time wait for one fetch.
 * @param ports.post the way that webhooks take, so that the network guard judges the issuer's address, too.
 */
export function makeAccessTokens(ports: {
  readonly post: WebhookTarget['post'];
  readonly now: () => Date;
}): AccessTokens {
  const kept = new Map<string, { readonly token: string; readonly goodUntil: number }>();
  const underWay = new Map<string, ReturnType<AccessTokens['read']>>();

  return {
    async read(credentials, { timeoutSeconds, refused }) {
      const key = JSON.stringify([credentials.tokenUrl, formOf(credentials)]);
      const found = kept.get(key);
      if (found && found.token !== refused && found.goodUntil > ports.now().getTime()) {
        return { token: found.token };
      }
      const fetching = underWay.get(key) ?? fetchAndKeep(key, credentials, timeoutSeconds);
      underWay.set(key, fetching);
      return fetching;
    },
  };

  async function fetchAndKeep(key: string, credentials: ClientCredentials, timeoutSeconds: number) {
    try {
      const form = formOf(credentials);
      const fetched = await fetchToken({ tokenUrl: credentials.tokenUrl, form }, timeoutSeconds, ports.post);
      kept.delete(key);
      if ('failure' in fetched) {
        return fetched;
      }
      const goodUntil = ports.now().getTime() + fetched.goodSeconds * 1000;
      dropOldest(kept, MOST_KEPT - 1);
      kept.set(key, { token: fetched.token, goodUntil });
      return { token: fetched.token };
    } finally {
      underWay.delete(key);
    }
  }
}

/** Asks an issuer for a token by a form of its (RFC 6749, section 4); an answer that is no token is a failure. */
export async function fetchToken(
  { tokenUrl, form }: { readonly tokenUrl: string; readonly form: Readonly<Record<string, string>> },
  timeoutSeconds: number,
  post: WebhookTarget['post'],
): Promise<Fetched> {
  const result = await post({
    url: tokenUrl,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: Buffer.from(new URLSearchParams(form).toString()),
    timeoutSeconds,
    answerBytes: ANSWER_BYTES,
  });
  if (!('status' in result)) {
    return { failure: result.failure === 'proxy_failed' ? 'proxy_failed' : 'token_unavailable' };
  }
  if (result.status < 200 || result.status > 299) {
    const isRefusal = result.status >= 400 && result.status < 500 && result.status !== 429;
    return { failure: isRefusal ? 'token_refused' : 'token_unavailable' };
  }
  return readToken(result.answer) ?? { failure: 'token_unavailable' };
}

/** The credentials go in the form: what Auth0 and most issuers take (RFC 6749, section 2.3.1). */
function formOf({ clientId, clientSecret, audience, scope }: ClientCredentials): Record<string, string> {
  return {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    ...(audience !== undefined && { audience }),
    ...(scope !== undefined && { scope }),
  };
}

function readToken(answer: string): Fetched | undefined {
  const { access_token: token, token_type: type = 'Bearer', expires_in: expiresIn } = parseObject(answer);
  const isBearer = typeof type === 'string' && type.toLowerCase() === 'bearer';
  if (!isBearer || typeof token !== 'string' || token.length > LONGEST_TOKEN || !BEARER.test(token)) {
    return undefined;
  }
  const told = expiresIn === undefined || expiresIn === null ? UNTOLD_SECONDS : Number(expiresIn);
  const life = Number.isFinite(told) && told > 0 ? told : 0;
  return { token, goodSeconds: life - Math.min(MARGIN_SECONDS, life / 10) };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function dropOldest(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) {
      return;
    }
    map.delete(key);
  }
}
