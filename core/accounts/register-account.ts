import { derivedId } from '../derived-id';
import { deriveAccessToken, issueToken, type TokenPorts } from './access-token';
import { type Account, isThere, revised } from './account';
import { hashSecret } from './api-key';
import type { AccountStore } from './ports';

export interface RegisterPorts extends TokenPorts {
  readonly accounts: Pick<AccountStore, 'find' | 'write'>;
}

export interface Registration {
  /** What the client calls its user; `null` is a name of its own. */
  readonly userId: string | null;
  readonly email?: string;
}

/** Shown in lists; the account is found by its id, which follows from the whole. */
const SHOWN_CHARACTERS = 200;

/** Somebody else registers the same user at the same moment, or rotates its token. */
const MAX_TRIES = 5;

/**
 * Registers an account under a client's own name for its user, or finds the one that there is: the same name gets
 * the same token (contract ADS, section 3). A deleted one starts anew, with another token.
 * @param at ISO 8601.
 * @returns the account's access token.
 */
export async function registerAccount(
  registration: Registration,
  ports: RegisterPorts,
  at: string,
): Promise<string> {
  const id = derivedId('acc', 'user_id', JSON.stringify(registration.userId));
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const found = await ports.accounts.find(id);
    const token = isThere(found)
      ? await tokenOf(found, registration, ports, at)
      : await makeAccount(id, found, registration, ports, at);
    if (token !== undefined) {
      return token;
    }
  }
  throw new Error('the account keeps changing while it is being registered');
}

async function makeAccount(
  id: string,
  deleted: Account | undefined,
  { userId, email }: Registration,
  ports: RegisterPorts,
  at: string,
): Promise<string | undefined> {
  const account: Account = {
    id,
    name: (userId ?? 'null').slice(0, SHOWN_CHARACTERS),
    ...(email !== undefined && { email }),
    state: 'active',
    createdAt: at,
    updatedAt: at,
    version: deleted?.version ?? 0,
  };
  const issue = await issueToken(account, (deleted?.tokenGeneration ?? 0) + 1, ports, at);
  return issue.outcome === 'issued' ? issue.token : undefined;
}

/** Nothing is written for a user who comes again, unless the address is another one. */
async function tokenOf(
  account: Account,
  { email }: Registration,
  ports: RegisterPorts,
  at: string,
): Promise<string | undefined> {
  const generation = account.tokenGeneration ?? 0;
  const token = deriveAccessToken(ports.stageSecret, account.id, generation);
  const current = email === undefined || email === account.email ? account : { ...account, email };
  if (account.tokenHash !== hashSecret(token)) {
    // The account has no token yet, or the operator changed the stage's secret: the old one is none any more.
    const issue = await issueToken(current, generation + 1, ports, at);
    return issue.outcome === 'issued' ? issue.token : undefined;
  }
  if (current !== account && (await ports.accounts.write(revised(current, {}, at))) === 'conflict') {
    return undefined;
  }
  return token;
}
