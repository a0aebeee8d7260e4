import type { Account, ApiKey, Credential } from '../../core/accounts/account';
import { expiryAfter, type Row } from './row';

/** An expired key stays in its account's list for so long, so that its owner sees why it stopped working. */
const KEPT_DAYS = 30;

export const keySortPrefix = 'key#';

export function accountRowKey(id: string) {
  return { partition: accountPartition(id), sort: 'account' };
}

export function keyRowKey({ accountId, id }: Pick<ApiKey, 'accountId' | 'id'>) {
  return { partition: accountPartition(accountId), sort: `${keySortPrefix}${id}` };
}

export function credentialRowKey(hash: string) {
  return { partition: `credential#${hash}`, sort: 'credential' };
}

export function accountPartition(id: string): string {
  return `account#${id}`;
}

export function toAccountRow(account: Account): Row {
  return {
    ...accountRowKey(account.id),
    id: account.id,
    name: account.name,
    email: account.email,
    state: account.state,
    token_generation: account.tokenGeneration,
    token_hash: account.tokenHash,
    token_request: account.tokenRequest,
    request_digest: account.requestDigest,
    created_at: account.createdAt,
    updated_at: account.updatedAt,
    version: account.version,
  };
}

/** The row comes from our own store, so its shape is trusted. */
export function toAccount(row: Row): Account {
  return {
    id: row.id as string,
    name: row.name as string,
    ...(row.email !== undefined && { email: row.email as string }),
    state: row.state as Account['state'],
    ...(row.token_generation !== undefined && { tokenGeneration: row.token_generation as number }),
    ...(row.token_hash !== undefined && { tokenHash: row.token_hash as string }),
    ...(row.token_request !== undefined && { tokenRequest: row.token_request as string }),
    ...(row.request_digest !== undefined && { requestDigest: row.request_digest as string }),
    createdAt: row.created_at as string,
    updatedAt: row.updated_at as string,
    version: row.version as number,
  };
}

export function toKeyRow(key: ApiKey): Row {
  return {
    ...keyRowKey(key),
    id: key.id,
    account_id: key.accountId,
    kind: key.kind,
    name: key.name,
    scopes: key.scopes,
    hash: key.hash,
    request_digest: key.requestDigest,
    created_at: key.createdAt,
    ...expiryAttributes(key.expiresAt),
  };
}

export function toKey(row: Row): ApiKey {
  return {
    id: row.id as string,
    accountId: row.account_id as string,
    kind: row.kind as ApiKey['kind'],
    ...(row.name !== undefined && { name: row.name as string }),
    scopes: row.scopes as string[],
    hash: row.hash as string,
    ...(row.good_until !== undefined && { expiresAt: row.good_until as string }),
    ...(row.request_digest !== undefined && { requestDigest: row.request_digest as string }),
    createdAt: row.created_at as string,
  };
}

/** What the doors read, found by the hash alone. */
export function toCredentialRow(key: ApiKey): Row {
  return {
    ...credentialRowKey(key.hash),
    account_id: key.accountId,
    key_id: key.id,
    scopes: key.scopes,
    ...expiryAttributes(key.expiresAt),
  };
}

export function toCredential(row: Row): Credential {
  return {
    accountId: row.account_id as string,
    scopes: row.scopes as string[],
    ...(row.good_until !== undefined && { expiresAt: row.good_until as string }),
    isBlocked: row.blocked === true,
  };
}

/** When the key ends, and when the store may forget it. */
export function expiryAttributes(expiresAt: string | undefined) {
  return expiresAt === undefined
    ? {}
    : { good_until: expiresAt, expires_at: expiryAfter(KEPT_DAYS, Date.parse(expiresAt)) };
}
