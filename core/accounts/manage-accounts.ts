import { ServiceError } from '../errors';
import { inParallel } from '../in-parallel';
import { type Principal, requireScope } from '../principal';
import type { SubscriptionStore } from '../topics/ports';
import { accessTokenScopes, issueToken, type TokenPorts } from './access-token';
import { type Account, isAccountId, isThere, revised } from './account';
import type { AccountStore, KeyStore } from './ports';

export interface AccountPorts {
  readonly accounts: AccountStore;
  readonly keys: KeyStore;
}

/** What a caller says of an account; an `email` of `null` removes it. */
export interface AccountChanges {
  readonly name?: string;
  readonly email?: string | null;
  readonly state?: 'active' | 'suspended';
}

/** Somebody else changes the account at the same moment. */
const MAX_TRIES = 5;

/** Rows of subscriptions that are switched off side by side. */
const SIDE_BY_SIDE = 8;
const PAGE = 100;

/** A door answers well within its time-out; the caller repeats the call. */
const WORK_MILLISECONDS = 6000;

/**
 * An account for whoever may read all of them, or for itself.
 * @throws ServiceError `not_found`, `insufficient_scope`.
 */
export async function readAccount(
  id: string,
  principal: Principal,
  { accounts }: Pick<AccountPorts, 'accounts'>,
): Promise<Account> {
  if (principal.subject !== id) {
    requireScope(principal, 'accounts:read');
  }
  return findAccount(id, accounts);
}

/** @throws ServiceError `not_found`, the same for what is not there and what was deleted. */
export async function findAccount(id: string, accounts: Pick<AccountStore, 'find'>): Promise<Account> {
  const account = isAccountId(id) ? await accounts.find(id) : undefined;
  if (!isThere(account)) {
    throw new ServiceError('not_found', `there is no account ${JSON.stringify(id.slice(0, 64))}`);
  }
  return account;
}

/**
 * Makes an account, once for an id.
 * @returns `isNew` false where the same request made it before.
 * @throws ServiceError `conflict` where another request did, or the account was deleted since.
 */
export async function createAccount(
  account: Account,
  { accounts }: Pick<AccountPorts, 'accounts'>,
): Promise<{ readonly account: Account; readonly isNew: boolean }> {
  if ((await accounts.write(account)) === 'written') {
    return { account, isNew: true };
  }
  const found = await accounts.find(account.id);
  if (!isThere(found) || found.requestDigest !== account.requestDigest) {
    throw new ServiceError(
      'conflict',
      'this Idempotency-Key has been used for another request; use a new one',
    );
  }
  return { account: found, isNew: false };
}

/**
 * Changes what is given. Suspended, its keys work no more when this returns; active again, they do.
 * @param at ISO 8601.
 * @throws ServiceError `not_found`.
 */
export async function changeAccount(
  id: string,
  { name, email, state }: AccountChanges,
  ports: AccountPorts,
  at: string,
): Promise<Account> {
  const changed = await update(id, ports.accounts, (found) => {
    const { email: known, ...rest } = found;
    const address = email === undefined ? known : (email ?? undefined);
    const plain = { ...rest, ...(address !== undefined && { email: address }) };
    return revised(plain, { ...(name !== undefined && { name }), ...(state && { state }) }, at);
  });
  if (state !== undefined) {
    // Also when it was in that state before: the call may finish one that crashed.
    for (const key of await ports.keys.ofAccount(id)) {
      await ports.keys.block(key, state === 'suspended');
    }
  }
  return changed;
}

/**
 * Ends an account: its keys first, then its subscriptions. Repeating it goes on where it stopped.
 * @param at ISO 8601.
 * @throws ServiceError `not_found`; `conflict` when there are more subscriptions than one call ends.
 */
export async function deleteAccount(
  id: string,
  ports: AccountPorts & {
    readonly subscriptions: Pick<SubscriptionStore, 'list' | 'changeState'>;
    readonly now: () => Date;
  },
): Promise<void> {
  const at = ports.now().toISOString();
  const account = await findAccount(id, ports.accounts);
  if (account.state === 'active') {
    await changeAccount(id, { state: 'suspended' }, ports, at);
  }
  for (const key of await ports.keys.ofAccount(id)) {
    await ports.keys.remove(key);
  }
  await deleteSubscriptions(id, ports);
  await update(id, ports.accounts, (found) => {
    const { email: _, ...rest } = found;
    return revised({ ...rest, name: '' }, { state: 'deleted' }, at);
  });
}

async function deleteSubscriptions(
  owner: string,
  { subscriptions, now }: Parameters<typeof deleteAccount>[1],
): Promise<void> {
  const until = now().getTime() + WORK_MILLISECONDS;
  for (;;) {
    const { subscriptions: page } = await subscriptions.list({ owner, limit: PAGE });
    if (page.length === 0) {
      return;
    }
    await inParallel(SIDE_BY_SIDE, page, (subscription) =>
      subscriptions.changeState(subscription, {
        from: ['active', 'paused', 'disabled'],
        to: 'deleted',
        at: now().toISOString(),
      }),
    );
    if (now().getTime() > until) {
      throw new ServiceError(
        'conflict',
        'the account has more subscriptions than one call deletes; it is suspended, repeat the call',
      );
    }
  }
}

/**
 * Gives an account a new access token and ends the old one at once. For whoever may change accounts, and for the
 * account itself. Repeated under the key of the last rotation, it gives the token of that one again.
 * @param at ISO 8601.
 * @param request follows from the caller and the `Idempotency-Key`.
 * @throws ServiceError `not_found`, `insufficient_scope`, `conflict` for an account that never had one.
 */
export async function rotateToken(
  id: string,
  principal: Principal,
  ports: TokenPorts & { readonly accounts: AccountStore },
  at: string,
  request?: string,
): Promise<{ readonly account: Account; readonly token: string; readonly isReplay: boolean }> {
  if (principal.subject !== id) {
    requireScope(principal, 'accounts:write');
  }
  // Nobody is handed what it does not have: neither an operator, nor a narrower key of the same account.
  for (const scope of accessTokenScopes) {
    requireScope(principal, scope);
  }
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const account = await findAccount(id, ports.accounts);
    if (account.tokenGeneration === undefined) {
      throw new ServiceError('conflict', 'this account has no access token; make or rotate one of its keys');
    }
    const isReplay = request !== undefined && account.tokenRequest === request;
    const { tokenRequest: _, ...rest } = account;
    const asked = request === undefined ? rest : { ...rest, tokenRequest: request };
    // A repetition writes the same generation once more: it ends the old tokens, if that had crashed.
    const generation = account.tokenGeneration + (isReplay ? 0 : 1);
    const issue = await issueToken(asked, generation, ports, at);
    if (issue.outcome === 'issued') {
      const { account: named, token } = issue;
      return { account: named, token, isReplay };
    }
  }
  throw new Error('the account keeps changing while its token is being rotated');
}

async function update(
  id: string,
  accounts: Pick<AccountStore, 'find' | 'write'>,
  change: (found: Account) => Account,
): Promise<Account> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const next = change(await findAccount(id, accounts));
    if ((await accounts.write(next)) === 'written') {
      return next;
    }
  }
  throw new Error('the account keeps changing while it is being changed');
}
