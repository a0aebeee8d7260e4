import { hashSecret, isAccountSecret, isApiKey, isGood } from '../../core/accounts/api-key';
import type { CredentialReader } from '../../core/accounts/ports';
import type { Principal } from '../../core/principal';
import { documentClient } from '../aws/document-client';
import { makeDynamoCredentialReader } from '../aws/dynamo-credential-reader';
import { type Authenticator, makeAuthenticator, type TokenEnvironment } from './authenticate';
import { refused } from './token-refusals';

export type AccountEnvironment = TokenEnvironment & { readonly REGISTRY_TABLE_NAME: string };

/** Who calls a function of `/v1`: by a JWT, or by a key or access token of an account. */
export function makeAccountAuthenticator(environment: AccountEnvironment): Authenticator {
  const credentials = makeDynamoCredentialReader(documentClient(), environment.REGISTRY_TABLE_NAME);
  return withAccounts(makeAuthenticator(environment), credentials, Date.now);
}

/**
 * Takes the secrets of accounts beside what `tokens` takes.
 * @param now epoch milliseconds.
 */
export function withAccounts(
  tokens: Authenticator,
  credentials: CredentialReader,
  now: () => number,
): Authenticator {
  return async (request) => {
    const secret = offeredSecret(request.headers.authorization);
    return secret === undefined ? tokens(request) : provedBy(secret, credentials, now());
  };
}

/** @throws ServiceError, the same for a secret that is wrong, has expired, was revoked or is suspended. */
async function provedBy(secret: string, credentials: CredentialReader, now: number): Promise<Principal> {
  const credential = isAccountSecret(secret) ? await credentials.find(hashSecret(secret)) : undefined;
  if (!credential || !isGood(credential, now)) {
    throw refused('invalid_credentials', 'the API key or access token is unknown, or not good any more');
  }
  return {
    subject: credential.accountId,
    scopes: new Set(credential.scopes),
    // Anybody whom the ADS door registers has an access token: it opens no other door's topics.
    ...(!isApiKey(secret) && { door: 'webhooks' as const }),
  };
}

/**
 * The secret of an account that a header offers; `undefined` when that is for the JWTs to judge. Basic serves
 * clients that can only be given a URL, `https://id:key@host`: the key is the password, or the user name alone.
 */
export function offeredSecret(header: string | undefined): string | undefined {
  const [scheme = '', value = '', ...rest] = (header ?? '').trim().split(/\s+/);
  if (rest.length > 0) {
    return undefined;
  }
  if (scheme.toLowerCase() === 'basic') {
    const text = Buffer.from(value, 'base64').toString();
    const colon = text.indexOf(':');
    const password = colon === -1 ? '' : text.slice(colon + 1);
    return password === '' && colon !== -1 ? text.slice(0, colon) : password;
  }
  // Whatever begins like a key is one, so that a damaged key is not taken for a damaged JWT.
  const isOurs = scheme.toLowerCase() === 'bearer' && (value.startsWith('cwk_') || isAccountSecret(value));
  return isOurs ? value : undefined;
}
