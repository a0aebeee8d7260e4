import { type Account, type ApiKey, type Credential, isThere } from '../../core/accounts/account';
import type { AccountStore, CredentialReader, KeyStore } from '../../core/accounts/ports';
import type { Subscription } from '../../core/topics/subscriptions/subscription';
import type { CallbackSubscriptions } from '../../core/webhooks/callbacks/callback-subscription';
import { type MemorySubscriptionStore, page } from './memory-registry';

/** The accounts of the registry in memory: kept honest by the contract suite that the real ones pass too. */
export class MemoryAccountStore implements AccountStore {
  readonly accounts = new Map<string, Account>();
  /** Called before each write; a test may change things behind the writer's back. */
  beforeWrite: () => Promise<void> | void = () => undefined;

  async find(id: string): Promise<Account | undefined> {
    return this.accounts.get(id);
  }

  async write(account: Account): Promise<'written' | 'conflict'> {
    await this.beforeWrite();
    if ((this.accounts.get(account.id)?.version ?? 0) !== account.version - 1) {
      return 'conflict';
    }
    this.accounts.set(account.id, account);
    return 'written';
  }

  async list({ limit, after }: Parameters<AccountStore['list']>[0]) {
    const all = [...this.accounts.values()].filter(isThere);
    const { items, next } = page(all, ({ id }) => id, limit, after);
    return { accounts: items, ...(next !== undefined && { next }) };
  }
}

/** Keys and what they prove, in memory. */
export class MemoryKeyStore implements KeyStore {
  readonly keys = new Map<string, ApiKey>();
  readonly proved = new Map<string, Credential>();

  readonly credentials: CredentialReader = { find: async (hash) => this.proved.get(hash) };

  async add(key: ApiKey): Promise<'added' | 'already_exists'> {
    if (this.keys.has(nameOf(key))) {
      return 'already_exists';
    }
    this.keys.set(nameOf(key), key);
    const { accountId, scopes, expiresAt, hash } = key;
    this.proved.set(hash, { accountId, scopes, ...(expiresAt && { expiresAt }), isBlocked: false });
    return 'added';
  }

  async ofAccount(accountId: string): Promise<readonly ApiKey[]> {
    return [...this.keys.values()]
      .filter((key) => key.accountId === accountId)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async find(accountId: string, id: string): Promise<ApiKey | undefined> {
    return this.keys.get(nameOf({ accountId, id }));
  }

  async expire(key: ApiKey, at: string): Promise<void> {
    this.changeProved(key, { expiresAt: at });
    const found = this.keys.get(nameOf(key));
    if (found) {
      this.keys.set(nameOf(key), { ...found, expiresAt: at });
    }
  }

  async remove(key: ApiKey): Promise<void> {
    this.proved.delete(key.hash);
    this.keys.delete(nameOf(key));
  }

  async block(key: ApiKey, isBlocked: boolean): Promise<void> {
    this.changeProved(key, { isBlocked });
  }

  private changeProved({ hash }: ApiKey, changes: Partial<Credential>): void {
    const found = this.proved.get(hash);
    if (found) {
      this.proved.set(hash, { ...found, ...changes });
    }
  }
}

function nameOf({ accountId, id }: Pick<ApiKey, 'accountId' | 'id'>): string {
  return `${accountId}#${id}`;
}

/** Subscriptions of derived ids, beside all others. */
export function memoryCallbacks(store: MemorySubscriptionStore): CallbackSubscriptions {
  return {
    async createOnce(subscription: Subscription) {
      const found = store.subscriptions.get(subscription.id);
      if (found && found.state !== 'deleted') {
        return 'already_exists';
      }
      store.subscriptions.set(subscription.id, subscription);
      return 'created';
    },
  };
}

export function anAccount(differences: Partial<Account> = {}): Account {
  return {
    id: `acc_${'a'.repeat(24)}`,
    name: 'Ada',
    state: 'active',
    createdAt: '2026-11-20T10:00:00.000Z',
    updatedAt: '2026-11-20T10:00:00.000Z',
    version: 1,
    ...differences,
  };
}
