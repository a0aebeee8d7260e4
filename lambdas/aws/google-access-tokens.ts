import { importPKCS8, SignJWT } from 'jose';
import * as z from 'zod';
import type { WebhookTarget } from '../../core/webhooks/ports';
import { type Fetched, fetchToken, type TokenFailure } from '../../core/webhooks/targets/access-tokens';

/** Publishing needs no more: https://developers.google.com/identity/protocols/oauth2/scopes#pubsub */
const SCOPE = 'https://www.googleapis.com/auth/pubsub';

/** The longest that Google takes an assertion for. */
const ASSERTION_SECONDS = 3600;

/** Where there is no account, it is looked for again after so long. */
const WITHOUT_ACCOUNT_SECONDS = 60;

/** The key file of a service account, as far as it is read. */
const serviceAccount = z.object({
  client_email: z.string().min(1),
  private_key: z.string().min(1),
  private_key_id: z.string().optional(),
  token_uri: z.url({ protocol: /^https?$/ }).default('https://oauth2.googleapis.com/token'),
});

/** The tokens of the stage's service account at Google. */
export interface GoogleTokens {
  /**
   * @param options.timeoutSeconds for Google's answer.
   * @param options.refused a token that was not taken: another one is fetched.
   * @returns no token where the stage has no account.
   * @throws when the account cannot be read.
   */
  read(options: {
    readonly timeoutSeconds: number;
    readonly refused?: string | undefined;
  }): Promise<{ readonly token: string | undefined } | { readonly failure: TokenFailure }>;
}

export interface GoogleTokenPorts {
  /** The JSON of the account's key file; `undefined` where there is none. */
  readonly readAccount: () => Promise<string | undefined>;
  readonly post: WebhookTarget['post'];
  readonly now: () => Date;
}

/**
 * Exchanges an assertion that the account's key signs for a token (RFC 7523, section 2.1;
 * https://developers.google.com/identity/protocols/oauth2/service-account#httprest), and keeps it until shortly
 * before it expires. Those who need one at the same time wait for one exchange.
 */
export function makeGoogleAccessTokens(ports: GoogleTokenPorts): GoogleTokens {
  let kept: { readonly token: string | undefined; readonly goodUntil: number } | undefined;
  let underWay: ReturnType<GoogleTokens['read']> | undefined;

  return {
    async read({ timeoutSeconds, refused }) {
      const isGood = kept !== undefined && kept.goodUntil > ports.now().getTime();
      if (kept && isGood && (kept.token === undefined || kept.token !== refused)) {
        return { token: kept.token };
      }
      underWay ??= fetchAndKeep(timeoutSeconds).finally(() => {
        underWay = undefined;
      });
      return underWay;
    },
  };

  async function fetchAndKeep(timeoutSeconds: number): ReturnType<GoogleTokens['read']> {
    const account = await ports.readAccount();
    const fetched = account === undefined ? undefined : await exchange(account, timeoutSeconds, ports);
    if (fetched && 'failure' in fetched) {
      kept = undefined;
      return fetched;
    }
    const { token, goodSeconds } = fetched ?? { token: undefined, goodSeconds: WITHOUT_ACCOUNT_SECONDS };
    kept = { token, goodUntil: ports.now().getTime() + goodSeconds * 1000 };
    return { token };
  }
}

async function exchange(
  text: string,
  timeoutSeconds: number,
  { post, now }: GoogleTokenPorts,
): Promise<Fetched> {
  const account = parseServiceAccount(text);
  const issuedAt = Math.floor(now().getTime() / 1000);
  const assertion = await new SignJWT({ scope: SCOPE })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...keyId(account) })
    .setIssuer(account.client_email)
    .setAudience(account.token_uri)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ASSERTION_SECONDS)
    .sign(await importPKCS8(account.private_key, 'RS256').catch(refuseKey));
  const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion };
  return fetchToken({ tokenUrl: account.token_uri, form }, timeoutSeconds, post);
}

/** @throws Error that names the member that is wrong, and nothing of the values. */
export function parseServiceAccount(text: string): z.infer<typeof serviceAccount> {
  const { data, error } = serviceAccount.safeParse(parseJson(text));
  if (!data) {
    throw new Error(`the service account is not a key file of Google: ${z.prettifyError(error)}`);
  }
  return data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    return undefined;
  }
}

function keyId({ private_key_id }: z.infer<typeof serviceAccount>) {
  return private_key_id === undefined ? {} : { kid: private_key_id };
}

function refuseKey(): never {
  throw new Error('the service account is not a key file of Google: private_key is no RSA key in PKCS #8');
}
