import { type RegisterPorts, type Registration, registerAccount } from '../../core/accounts/register-account';
import { ServiceError } from '../../core/errors';
import { textOf } from '../../core/webhooks/callbacks/callback-topic';
import { documentClient } from '../aws/document-client';
import { makeDynamoAccountStore } from '../aws/dynamo-account-store';
import { makeDynamoKeyStore } from '../aws/dynamo-key-store';
import { secretsClient } from '../aws/secrets-client';
import { makeSecretText, type SecretText } from '../aws/secrets-manager-text';
import { adsReply, makeAdsDialect } from '../shared/ads-dialect';
import { type Authenticator, makeAuthenticator } from '../shared/authenticate';
import { readEnvironment } from '../shared/environment';
import { httpFunction } from '../shared/http-function';
import type { HttpHandler, HttpRequest } from '../shared/http-message';
import { membersOf, readExactBody, readOfferedToken, requireSharedToken } from './read-callback-request';

/** A name and an address; what is larger is a mistake. */
const BODY_LIMIT_BYTES = 64 * 1024;

/** RFC 5321: no address is longer. What is none is not kept, and refused to nobody. */
const EMAIL = /^[^\s@]{1,64}@[^\s@]{1,255}$/;

export interface RegisterAccountPorts extends Omit<RegisterPorts, 'stageSecret'> {
  readonly registrationToken: SecretText;
  /** Derives access tokens. */
  readonly stageSecret: SecretText;
  /** Who may register beside those with the token: whoever asks, or operators by the JWT of their issuer. */
  readonly opening: 'everybody' | 'operators' | 'nobody';
  readonly authenticate: Authenticator;
  readonly now: () => Date;
}

/**
 * Trigger: `POST /account`, `/webhooks/account`.
 * Success: 200 with the access token, a bare JSON text; a known user_id gets the one that it has.
 * Refusal: 401 in the original's words; 500 without more for a user_id that is a list or an object.
 * Retry: harmless: the same user_id gets the same token.
 */
export function makeRegisterAccount(ports: RegisterAccountPorts): HttpHandler {
  return async (request) => {
    if (ports.opening !== 'everybody' && !(await isOperator(request, ports))) {
      await requireSharedToken(request, ports.registrationToken, 'registration');
    }
    const registration = readRegistration(request);
    const stageSecret = await ports.stageSecret.current();
    const at = ports.now().toISOString();
    return adsReply(await registerAccount(registration, { ...ports, stageSecret }, at));
  };
}

/** A token that is none, or lacks the scope, is refused like any other that is wrong. */
async function isOperator(
  request: HttpRequest,
  { opening, authenticate }: RegisterAccountPorts,
): Promise<boolean> {
  // Three parts: the registration token itself is not held against the issuer's keys.
  if (opening !== 'operators' || readOfferedToken(request).split('.').length !== 3) {
    return false;
  }
  try {
    return (await authenticate(request)).scopes.has('accounts:write');
  } catch (error) {
    if (error instanceof ServiceError) {
      return false;
    }
    throw error;
  }
}

function readRegistration(request: HttpRequest): Registration {
  const members = membersOf(readExactBody(request, BODY_LIMIT_BYTES));
  const given = members.get('user_id');
  if (!given) {
    throw new ServiceError('body_invalid', 'No "user_id" provided in authentication request');
  }
  const userId = textOf(given);
  if (userId === undefined) {
    throw new ServiceError('value_unsupported', 'a user_id is a text');
  }
  const address = members.get('user_email');
  const isAddress = address?.kind === 'string' && EMAIL.test(address.value);
  return { userId, ...(isAddress && { email: address.value }) };
}

/** By the setting `openRegistration`. */
const openings: Readonly<Record<string, RegisterAccountPorts['opening']>> = {
  true: 'everybody',
  jwt: 'operators',
};

export const handler = httpFunction({
  name: 'register-account',
  dialect: makeAdsDialect(401),
  methods: ['POST'],
  wire: () => {
    const environment = readEnvironment('register-account');
    return makeRegisterAccount({
      accounts: makeDynamoAccountStore(documentClient(), environment.REGISTRY_TABLE_NAME),
      keys: makeDynamoKeyStore(documentClient(), environment.REGISTRY_TABLE_NAME),
      registrationToken: makeSecretText(secretsClient(), environment.REGISTRATION_TOKEN_SECRET_ID),
      stageSecret: makeSecretText(secretsClient(), environment.TOKEN_SECRET_ID),
      opening: openings[environment.OPEN_REGISTRATION] ?? 'nobody',
      authenticate: makeAuthenticator(environment),
      now: () => new Date(),
    });
  },
});
