import { readAccount } from '../../../core/accounts/manage-accounts';
import {
  createKey,
  type KeyPorts,
  type MadeKey,
  revokeKey,
  rotateKey,
} from '../../../core/accounts/manage-keys';
import { decodePageToken, encodePageToken, wrongPageToken } from '../../../core/page-token';
import { type Principal, requireScope } from '../../../core/principal';
import type { HttpReply, HttpRequest } from '../../shared/http-message';
import { markReplay } from '../idempotency';
import { readBody, readOptionalBody, readPaging } from '../read-request';
import { identifyRequest } from '../request-identity';
import { keySchema, rotationSchema, toKeyBody } from './account-body';

type KeyAnswers = (accountId: string, request: HttpRequest, principal: Principal) => Promise<HttpReply>;

/** The part of `/v1/accounts` that is about the keys of one account. */
export function makeKeyAnswers(ports: KeyPorts): KeyAnswers {
  return async (accountId, request, principal) => {
    const { key_id: keyId } = request.parameters;
    if (keyId === undefined && request.method === 'GET') {
      return list(accountId, request, principal);
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

  async function list(accountId: string, request: HttpRequest, principal: Principal): Promise<HttpReply> {
    const { limit, after } = readPaging(request);
    const place = after === undefined ? '' : decodePageToken(after);
    if (place === undefined) {
      throw wrongPageToken();
    }
    await readAccount(accountId, principal, ports);
    // An account has few keys, in the order of their ids: one read finds them all.
    const rest = (await ports.keys.ofAccount(accountId)).filter(({ id }) => id > place);
    const page = rest.slice(0, limit);
    const last = rest.length > limit ? page.at(-1) : undefined;
    return { status: 200, body: { keys: page.map(toKeyBody), next: last && encodePageToken(last.id) } };
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
    const body = readOptionalBody(request, rotationSchema);
    const identity = identifyRequest('key', request, principal, body, ports.random);
    const rotation = { overlapHours: body.overlap_hours, ...identity };
    const made = await rotateKey(accountId, keyId, rotation, principal, ports);
    const reply = { status: 201, body: { ...toMadeBody(made), replaces: keyId } };
    return markReplay(reply, made.secret === undefined);
  }
}

function toMadeBody({ key, secret }: MadeKey): Record<string, unknown> {
  const shown =
    secret === undefined
      ? { note: 'the key itself was shown when it was made, once; rotate it to get another' }
      : { key: secret };
  return { ...toKeyBody(key), ...shown };
}
