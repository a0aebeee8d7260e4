import { ServiceError } from '../errors';
import type { Principal } from '../principal';
import type { ApiKey } from './account';
import { hashSecret, mintApiKey } from './api-key';
import { type AccountPorts, findAccount } from './manage-accounts';

export interface KeyPorts extends AccountPorts {
  /** Cryptographically random. */
  readonly random: (count: number) => Uint8Array;
  readonly now: () => Date;
}

export interface KeyRequest {
  readonly name?: string | undefined;
  readonly scopes: readonly string[];
  readonly expiresAt?: string | undefined;
}

/** The key with its secret, which is told once; without it where the same request made it before. */
export interface MadeKey {
  readonly key: ApiKey;
  readonly secret?: string;
}

/** Suspending an account goes through all of its keys. */
const MOST_KEYS = 50;

const HOUR_MILLISECONDS = 3600 * 1000;

/**
 * Makes a key of an account, once for an id.
 * @throws ServiceError `insufficient_scope` (a scope that the caller does not have itself), `not_found`,
 *   `conflict` (the account is suspended or has too many keys, or the idempotency key was used for another request).
 */
export async function createKey(
  accountId: string,
  request: KeyRequest,
  identity: { readonly id: string; readonly requestDigest?: string },
  principal: Principal,
  ports: KeyPorts,
): Promise<MadeKey> {
  requireScopes(request.scopes, principal);
  requireFuture(request.expiresAt, ports.now());
  await requireRoom(accountId, ports);
  const secret = mintApiKey(ports.random);
  const key: ApiKey = {
    ...identity,
    accountId,
    kind: 'api_key',
    ...(request.name !== undefined && { name: request.name }),
    scopes: request.scopes,
    hash: hashSecret(secret),
    ...(request.expiresAt !== undefined && { expiresAt: request.expiresAt }),
    createdAt: ports.now().toISOString(),
  };
  return (await ports.keys.add(key)) === 'added' ? keepIfActive(key, secret, ports) : findEarlier(key, ports);
}

/** The account may have been suspended while the key was being made, by somebody who did not see it yet. */
async function keepIfActive(key: ApiKey, secret: string, ports: KeyPorts): Promise<MadeKey> {
  const account = await ports.accounts.find(key.accountId);
  if (account?.state !== 'active') {
    await ports.keys.remove(key);
    throw suspended();
  }
  return { key, secret };
}

async function findEarlier({ accountId, id, requestDigest }: ApiKey, { keys }: KeyPorts): Promise<MadeKey> {
  const key = await keys.find(accountId, id);
  if (key === undefined || key.requestDigest !== requestDigest) {
    throw usedKey();
  }
  return { key };
}

/**
 * Makes a key with the name, scopes and end of another, which is good for some hours more. Repeated with the same
 * identity it finds the new one, and finishes what had crashed; the secret is told once.
 * @param rotation.overlapHours 0: the old one ends at once.
 * @param rotation.requestDigest where the call can be repeated.
 * @throws ServiceError `not_found`, `insufficient_scope`, `conflict`.
 */
export async function rotateKey(
  accountId: string,
  keyId: string,
  rotation: { readonly overlapHours: number; readonly id: string; readonly requestDigest?: string },
  principal: Principal,
  ports: KeyPorts,
): Promise<MadeKey> {
  const { overlapHours, ...identity } = rotation;
  const earlier =
    identity.requestDigest === undefined ? undefined : await findMade(accountId, identity, ports);
  if (earlier) {
    await endOld(await ports.keys.find(accountId, keyId), earlier, overlapHours, ports);
    return { key: earlier };
  }
  const old = await findKey(accountId, keyId, ports);
  if (old.expiresAt !== undefined && Date.parse(old.expiresAt) <= ports.now().getTime()) {
    throw new ServiceError('conflict', 'the key has expired; make a new one');
  }
  const made = await createKey(accountId, old, identity, principal, ports);
  await endOld(old, made.key, overlapHours, ports);
  return made;
}

async function findMade(
  accountId: string,
  { id, requestDigest }: { readonly id: string; readonly requestDigest?: string },
  ports: KeyPorts,
): Promise<ApiKey | undefined> {
  await findAccount(accountId, ports.accounts);
  const found = await ports.keys.find(accountId, id);
  if (found !== undefined && found.requestDigest !== requestDigest) {
    throw usedKey();
  }
  return found;
}

/** The overlap begins when the new key is made, however often the call is repeated. */
async function endOld(
  old: ApiKey | undefined,
  { createdAt }: ApiKey,
  overlapHours: number,
  { keys }: KeyPorts,
): Promise<void> {
  if (old === undefined) {
    return;
  }
  const end = new Date(Date.parse(createdAt) + overlapHours * HOUR_MILLISECONDS).toISOString();
  await (overlapHours === 0
    ? keys.remove(old)
    : keys.expire(old, old.expiresAt !== undefined && old.expiresAt < end ? old.expiresAt : end));
}

/** Ends a key at once. @throws ServiceError `not_found`, also the second time; `conflict` for an access token. */
export async function revokeKey(accountId: string, keyId: string, ports: KeyPorts): Promise<void> {
  await ports.keys.remove(await findKey(accountId, keyId, ports));
}

async function findKey(accountId: string, keyId: string, ports: KeyPorts): Promise<ApiKey> {
  await findAccount(accountId, ports.accounts);
  const key = /^[\w-]{1,64}$/.test(keyId) ? await ports.keys.find(accountId, keyId) : undefined;
  if (!key) {
    throw new ServiceError(
      'not_found',
      `the account has no key ${JSON.stringify(keyId.slice(0, 64))}; GET …/keys lists those it has`,
    );
  }
  if (key.kind === 'access_token') {
    throw new ServiceError(
      'conflict',
      'this is the access token of the account: POST …/rotate-token ends it',
    );
  }
  return key;
}

/** Nobody hands on what it does not have. */
function requireScopes(scopes: readonly string[], principal: Principal): void {
  const missing = scopes.find((scope) => !principal.scopes.has(scope));
  if (missing !== undefined) {
    throw new ServiceError(
      'insufficient_scope',
      `the key would have the scope ${JSON.stringify(missing)}, which you do not have; leave it out`,
    );
  }
}

function requireFuture(expiresAt: string | undefined, now: Date): void {
  if (expiresAt !== undefined && Date.parse(expiresAt) <= now.getTime()) {
    throw new ServiceError('body_invalid', 'expires_at: lies in the past');
  }
}

async function requireRoom(accountId: string, { accounts, keys, now }: KeyPorts): Promise<void> {
  const account = await findAccount(accountId, accounts);
  if (account.state !== 'active') {
    throw suspended();
  }
  const good = (await keys.ofAccount(accountId)).filter(
    ({ expiresAt }) => expiresAt === undefined || Date.parse(expiresAt) > now().getTime(),
  );
  if (good.length >= MOST_KEYS) {
    throw new ServiceError(
      'conflict',
      `an account has at most ${MOST_KEYS} keys; delete one that is not used`,
    );
  }
}

function suspended(): ServiceError {
  return new ServiceError('conflict', 'the account is suspended; switch it on before you make keys for it');
}

function usedKey(): ServiceError {
  return new ServiceError(
    'conflict',
    'this Idempotency-Key has been used for another request; use a new one',
  );
}
