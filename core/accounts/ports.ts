import type { Account, ApiKey, Credential } from './account';

/** The accounts of the registry. Reads are strongly consistent. */
export interface AccountStore {
  /** In any state, deleted ones too. */
  find(id: string): Promise<Account | undefined>;
  /**
   * Writes the row if nobody wrote it since it was read: `account.version` is one above the version that was
   * read, 1 for a row that must not exist yet.
   */
  write(account: Account): Promise<'written' | 'conflict'>;
  /**
   * In the order of their ids, without those that were deleted.
   * @throws ServiceError `parameter_invalid` for a token that no list gave.
   */
  list(options: { limit: number; after?: string }): Promise<{
    accounts: readonly Account[];
    next?: string;
  }>;
}

/** The keys of accounts, and the way from a secret's hash to what it proves. */
export interface KeyStore {
  /** First write wins. From its return on the secret works. */
  add(key: ApiKey): Promise<'added' | 'already_exists'>;
  /** All that were not removed, oldest id first; expired ones stay for a while. */
  ofAccount(accountId: string): Promise<readonly ApiKey[]>;
  find(accountId: string, keyId: string): Promise<ApiKey | undefined>;
  /** From its return on the secret works until then at most (ISO 8601). */
  expire(key: ApiKey, at: string): Promise<void>;
  /** From its return on the secret does not work. */
  remove(key: ApiKey): Promise<void>;
  /** From its return on the secret does not work, or works again. A removed key stays removed. */
  block(key: ApiKey, isBlocked: boolean): Promise<void>;
}

/** Finds what a secret proves, by its hash: one strongly consistent read. */
export interface CredentialReader {
  find(hash: string): Promise<Credential | undefined>;
}
