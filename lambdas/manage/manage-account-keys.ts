import { readAccount } from '../../core/accounts/manage-accounts';
import {
  createKey,
  type KeyPorts,
  type MadeKey,
  revokeKey,
  rotateKey,
} from '../../core/accounts/manage-keys';
import { type Principal, requireScope } from '../../core/principal';
import type { HttpReply, HttpRequest } from '../shared/http-message';
import { keySchema, rotationSchema, toKeyBody } from './account-body';
import { markReplay } from './idempotency';
import { readBody } from './read-request';
import { identifyRequest } from './request-identity';

type KeyAnswers = (accountId: string, request: HttpRequest, principal: Principal) => Promise<HttpReply>;

/** The part of `/v1/accounts` that is about the keys of one account. */
export function makeKeyAnswers(ports: KeyPorts): KeyAnswers {
  return async (accountId, request, principal) => {
    const { key_id: keyId } = request.parameters;
    if (keyId === undefined && request.method === 'GET') {
      return list(accountId, principal);
    }
    requireScope(principal, 'accounts:write');
    if (keyId === undefined) {
      return create(accountId, request, principal);
    }
    if (request.method === 'DELETE') {
      await revokeKey(accountId, keyId, ports);
      return { status: 204 };
    }
    return rotate(accountId, keyId, request, principal);
  };

  async function list(accountId: string, principal: Principal): Promise<HttpReply> {
    await readAccount(accountId, principal, ports);
    return { status: 200, body: { keys: (await ports.keys.ofAccount(accountId)).map(toKeyBody) } };
  }

  async function create(accountId: string, request: HttpRequest, principal: Principal): Promise<HttpReply> {
    const body = readBody(request, keySchema);
    const made = await createKey(
      accountId,
      { name: body.name, scopes: [...new Set(body.scopes)], expiresAt: body.expires_at },
      identifyRequest('key', request, principal, body, ports.random),
      principal,
      ports,
    );
    return markReplay({ status: 201, body: toMadeBody(made) }, made.secret === undefined);
  }

  async function rotate(
    accountId: string,
    keyId: string,
    request: HttpRequest,
    principal: Principal,
  ): Promise<HttpReply> {
    const { overlap_hours: overlapHours } =
      request.body.length === 0 ? rotationSchema.parse({}) : readBody(request, rotationSchema);
    const { id } = identifyRequest('key', { ...request, headers: {} }, principal, {}, ports.random);
    const made = await rotateKey(accountId, keyId, { overlapHours, id }, principal, ports);
    return { status: 201, body: { ...toMadeBody(made), replaces: keyId } };
  }
}

function toMadeBody({ key, secret }: MadeKey): Record<string, unknown> {
  const shown =
    secret === undefined
      ? { note: 'the key itself was shown when it was made, once; rotate it to get another' }
      : { key: secret };
  return { ...toKeyBody(key), ...shown };
}
