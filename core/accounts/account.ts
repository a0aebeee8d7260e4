/** `deleted` stays, so that an account made again from the same name never gets an old token back. */
export type AccountState = 'active' | 'suspended' | 'deleted';

/** Who calls by an API key or an access token; its id is the owner of what it makes. */
export interface Account {
  readonly id: string;
  readonly name: string;
  /** Where its owner is told what happens to its subscriptions. */
  readonly email?: string;
  readonly state: AccountState;
  /** Of the access token that is derived for it; missing where it has none. */
  readonly tokenGeneration?: number;
  /** SHA-256 of that token, in hex. */
  readonly tokenHash?: string;
  /** What the `Idempotency-Key` of the last rotation of that token made. */
  readonly tokenRequest?: string;
  /** Digest of the request that made it, where it was made under an idempotency key. */
  readonly requestDigest?: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Counts the writes of this row, from 1: a write is refused when the row has moved on since it was read. */
  readonly version: number;
}

/** One way to prove to be an account. The secret itself is kept nowhere. */
export interface ApiKey {
  readonly id: string;
  readonly accountId: string;
  /** `access_token`: derived from the account, at most one that is good; `api_key`: as many as are made. */
  readonly kind: 'api_key' | 'access_token';
  readonly name?: string;
  readonly scopes: readonly string[];
  /** SHA-256 of the secret, in hex. */
  readonly hash: string;
  /** ISO 8601; good for ever without it. */
  readonly expiresAt?: string;
  readonly requestDigest?: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** What a secret proves, as the doors find it by its hash. */
export interface Credential {
  readonly accountId: string;
  readonly scopes: readonly string[];
  readonly expiresAt?: string;
  /** The account is suspended. */
  readonly isBlocked: boolean;
}

/** Whether a text, such as an owner, has the form of an account's id: subjects of tokens have others. */
export function isAccountId(text: string): boolean {
  return /^acc_[\w-]{24}$/.test(text);
}

/** With the same words for an account that is not there and one that was deleted. */
export function isThere(account: Account | undefined): account is Account {
  return account !== undefined && account.state !== 'deleted';
}

/** The next version of the row. @param at ISO 8601. */
export function revised(account: Account, changes: Partial<Account>, at: string): Account {
  return { ...account, ...changes, updatedAt: at, version: account.version + 1 };
}
