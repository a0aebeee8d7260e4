import { createHmac } from 'node:crypto';
import type { Scope } from '../principal';
import { type Account, type ApiKey, revised } from './account';
import { hashSecret } from './api-key';
import type { AccountStore, KeyStore } from './ports';

/** What the owner of an access token may do beside subscribing: manage what is its own. */
export const accessTokenScopes: readonly Scope[] = [
  'subscriptions:read',
  'subscriptions:write',
  'deliveries:read',
  'deliveries:write',
];

/**
 * The access token of an account: the same account and generation give the same token, so that it is shown again
 * although it is kept nowhere (contract ADS, the first block). Its form is that of a random UUID (RFC 9562, 5.4).
 * @param stageSecret whoever knows it knows every token.
 */
export function deriveAccessToken(stageSecret: string, accountId: string, generation: number): string {
  const bytes = createHmac('sha256', stageSecret)
    .update(JSON.stringify(['access_token', accountId, generation]))
    .digest()
    .subarray(0, 16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

export interface TokenPorts {
  readonly accounts: Pick<AccountStore, 'write'>;
  readonly keys: Pick<KeyStore, 'add' | 'ofAccount' | 'remove' | 'block'>;
  readonly stageSecret: string;
}

export type TokenIssue =
  | { readonly outcome: 'issued'; readonly account: Account; readonly token: string }
  /** Somebody changed the account at the same moment. */
  | { readonly outcome: 'conflict' };

/**
 * Gives an account the token of a generation, and ends those of all others. The new one works before the account
 * names it, the old ones end after that: a step that crashed in between is finished by the next.
 * @param account as it is to be written: new, or as it was read.
 * @param at ISO 8601.
 */
export async function issueToken(
  account: Account,
  generation: number,
  { accounts, keys, stageSecret }: TokenPorts,
  at: string,
): Promise<TokenIssue> {
  const token = deriveAccessToken(stageSecret, account.id, generation);
  const key = tokenKey(account.id, generation, hashSecret(token), at);
  await keys.add(key);
  if (account.state === 'suspended') {
    await keys.block(key, true);
  }
  const named = revised(account, { tokenGeneration: generation, tokenHash: key.hash }, at);
  if ((await accounts.write(named)) === 'conflict') {
    return { outcome: 'conflict' };
  }
  const others = await keys.ofAccount(account.id);
  for (const other of others.filter(({ id, kind }) => kind === 'access_token' && id !== key.id)) {
    await keys.remove(other);
  }
  return { outcome: 'issued', account: named, token };
}

/** The hash belongs to the name: another stage secret makes another key, not the same one with another hash. */
function tokenKey(accountId: string, generation: number, hash: string, at: string): ApiKey {
  return {
    id: `token_${generation}_${hash.slice(0, 8)}`,
    accountId,
    kind: 'access_token',
    scopes: accessTokenScopes,
    hash,
    createdAt: at,
  };
}
