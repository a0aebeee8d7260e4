import { randomBytes } from 'node:crypto';
import {
  type AccountPorts,
  changeAccount,
  createAccount,
  deleteAccount,
  readAccount,
  rotateToken,
} from '../../../core/accounts/manage-accounts';
import { type Principal, requireScope } from '../../../core/principal';
import type { SubscriptionStore } from '../../../core/topics/ports';
import { documentClient } from '../../aws/document-client';
import { makeDynamoAccountStore } from '../../aws/dynamo-account-store';
import { makeDynamoKeyStore } from '../../aws/dynamo-key-store';
import { makeDynamoSubscriptionStore } from '../../aws/dynamo-subscription-store';
import { secretsClient } from '../../aws/secrets-client';
import { makeSecretText } from '../../aws/secrets-manager-text';
import type { Authenticator } from '../../shared/authenticate';
import { makeAccountAuthenticator } from '../../shared/authenticate-account';
import { readEnvironment } from '../../shared/environment';
import { type DoorMethods, httpFunction } from '../../shared/http-function';
import type { HttpHandler, HttpReply, HttpRequest } from '../../shared/http-message';
import { problemDialect } from '../../shared/problem-dialect';
import { markReplay, readIdempotency } from '../idempotency';
import { readBody, readPaging } from '../read-request';
import { identifyRequest } from '../request-identity';
import { accountChangesSchema, accountSchema, toAccountBody } from './account-body';
import { makeKeyAnswers } from './manage-account-keys';

export interface ManageAccountsPorts extends AccountPorts {
  readonly subscriptions: Pick<SubscriptionStore, 'list' | 'changeState'>;
  readonly authenticate: Authenticator;
  /** Derives access tokens. */
  readonly stageSecret: () => Promise<string>;
  /** Cryptographically random. */
  readonly random: (count: number) => Uint8Array;
  readonly now: () => Date;
}

/**
 * Trigger: `/v1/accounts`, `/v1/accounts/{id}`, their `keys`, and `rotate-token`.
 * Success: 201 with the account, or with the key and, this once, its secret; 200; 204 when it is ended, at once.
 * Refusal: 400, 401, 403 (also for a scope that the caller would hand on without having it), 404, 409 as problem
 *   details.
 * Retry: harmless under an `Idempotency-Key`; without, what is repeated makes another one.
 */
export function makeManageAccounts(ports: ManageAccountsPorts): HttpHandler {
  const answerKeys = makeKeyAnswers(ports);
  return async (request) => {
    const principal = await ports.authenticate(request);
    const { id: named } = request.parameters;
    // Owners of an access token were never told the id of their account.
    const id = named === 'me' ? principal.subject : named;
    if (id === undefined) {
      return request.method === 'POST' ? create(request, principal) : list(request, principal);
    }
    if (request.resource.includes('/keys')) {
      return answerKeys(id, request, principal);
    }
    return request.resource.endsWith('/rotate-token')
      ? rotate(id, request, principal)
      : answerOne(id, request, principal);
  };

  async function create(request: HttpRequest, principal: Principal): Promise<HttpReply> {
    requireScope(principal, 'accounts:write');
    const body = readBody(request, accountSchema);
    const at = ports.now().toISOString();
    const { email, ...named } = body;
    const { account, isNew } = await createAccount(
      {
        ...identifyRequest('acc', request, principal, body, ports.random),
        ...named,
        ...(email !== undefined && { email }),
        state: 'active',
        createdAt: at,
        updatedAt: at,
        version: 1,
      },
      ports,
    );
    const location = request.path.endsWith('/') ? account.id : `accounts/${account.id}`;
    return markReplay({ status: 201, headers: { location }, body: toAccountBody(account) }, !isNew);
  }

  async function list(request: HttpRequest, principal: Principal): Promise<HttpReply> {
    requireScope(principal, 'accounts:read');
    const { accounts, next } = await ports.accounts.list(readPaging(request));
    return { status: 200, body: { accounts: accounts.map(toAccountBody), next } };
  }

  async function answerOne(id: string, request: HttpRequest, principal: Principal): Promise<HttpReply> {
    if (request.method === 'GET') {
      return { status: 200, body: toAccountBody(await readAccount(id, principal, ports)) };
    }
    requireScope(principal, 'accounts:write');
    if (request.method === 'DELETE') {
      await deleteAccount(id, ports);
      return { status: 204 };
    }
    const { name, email, state } = readBody(request, accountChangesSchema);
    const changes = {
      ...(name !== undefined && { name }),
      ...(email !== undefined && { email }),
      ...(state !== undefined && { state }),
    };
    const changed = await changeAccount(id, changes, ports, ports.now().toISOString());
    return { status: 200, body: toAccountBody(changed) };
  }

  async function rotate(id: string, request: HttpRequest, principal: Principal): Promise<HttpReply> {
    const stageSecret = await ports.stageSecret();
    const at = ports.now().toISOString();
    const key = readIdempotency(request, principal, undefined)?.seed;
    const made = await rotateToken(id, principal, { ...ports, stageSecret }, at, key);
    const body = { ...toAccountBody(made.account), access_token: made.token };
    return markReplay({ status: 200, body }, made.isReplay);
  }
}

export const accountMethods: DoorMethods = {
  methods: ['GET', 'POST'],
  methodsOf: {
    '/v1/accounts/{id}': ['GET', 'PATCH', 'DELETE'],
    '/v1/accounts/{id}/rotate-token': ['POST'],
    '/v1/accounts/{id}/keys/{key_id}': ['DELETE'],
    '/v1/accounts/{id}/keys/{key_id}/rotate': ['POST'],
  },
};

export const handler = httpFunction({
  name: 'manage-accounts',
  dialect: problemDialect,
  ...accountMethods,
  wire: () => {
    const environment = readEnvironment('manage-accounts');
    const client = documentClient();
    const stageSecret = makeSecretText(secretsClient(), environment.TOKEN_SECRET_ID);
    return makeManageAccounts({
      accounts: makeDynamoAccountStore(client, environment.REGISTRY_TABLE_NAME),
      keys: makeDynamoKeyStore(client, environment.REGISTRY_TABLE_NAME),
      subscriptions: makeDynamoSubscriptionStore(client, environment.REGISTRY_TABLE_NAME),
      authenticate: makeAccountAuthenticator(environment),
      stageSecret: () => stageSecret.current(),
      random: randomBytes,
      now: () => new Date(),
    });
  },
});
