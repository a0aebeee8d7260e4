import { randomBytes } from 'node:crypto';
import { deriveAccessToken } from '../../../../core/accounts/access-token';
import { hashSecret } from '../../../../core/accounts/api-key';
import { registerAccount } from '../../../../core/accounts/register-account';
import { accountMethods, makeManageAccounts } from '../../../../lambdas/manage/accounts/manage-accounts';
import { withAccounts } from '../../../../lambdas/shared/authenticate-account';
import { authenticate as byToken, type DoorCall, openManageDoor } from '../../../support/manage-door';
import { MemoryAccountStore, MemoryKeyStore } from '../../../support/memory-accounts';
import { MemorySubscriptionStore } from '../../../support/memory-registry';
import { aSubscription } from '../../../support/subscriptions';

const start = Date.parse('2026-11-20T12:00:00.000Z');
const HOUR = 3600 * 1000;
const allScopes =
  'accounts:read accounts:write subscriptions:read subscriptions:write deliveries:read deliveries:write';

let accounts: MemoryAccountStore;
let keys: MemoryKeyStore;
let subscriptions: MemorySubscriptionStore;
let now: number;
let open: ReturnType<typeof openManageDoor>;

beforeEach(() => {
  accounts = new MemoryAccountStore();
  keys = new MemoryKeyStore();
  subscriptions = new MemorySubscriptionStore();
  now = start;
  const handler = makeManageAccounts({
    accounts,
    keys,
    subscriptions,
    authenticate: (request) => authenticate(request),
    stageSecret: async () => 'stage secret',
    random: randomBytes,
    now: () => new Date(now),
  });
  open = openManageDoor('manage-accounts', accountMethods, handler, allScopes);
});

const authenticate = (request: { headers: Readonly<Record<string, string>> }) =>
  withAccounts(byToken, keys.credentials, () => now)(request);

const list = (call?: DoorCall) => open('GET', '/v1/accounts', call);
const create = (body: unknown, call?: DoorCall) => open('POST', '/v1/accounts', { body, ...call });
const one = (method: string, id: string, body?: unknown, call?: DoorCall) =>
  open(method, '/v1/accounts/{id}', { parameters: { id }, body, ...call });
const rotateToken = (id: string, call?: DoorCall) =>
  open('POST', '/v1/accounts/{id}/rotate-token', { parameters: { id }, ...call });
const listKeys = (id: string, call?: DoorCall) =>
  open('GET', '/v1/accounts/{id}/keys', { parameters: { id }, ...call });
const createKey = (id: string, body: unknown = { scopes: ['subscriptions:read'] }, call?: DoorCall) =>
  open('POST', '/v1/accounts/{id}/keys', { parameters: { id }, body, ...call });
const revoke = (id: string, key_id: string) =>
  open('DELETE', '/v1/accounts/{id}/keys/{key_id}', { parameters: { id, key_id } });
const rotateKey = (id: string, key_id: string, body?: unknown, call?: DoorCall) =>
  open('POST', '/v1/accounts/{id}/keys/{key_id}/rotate', { parameters: { id, key_id }, body, ...call });

const works = async (secret: string): Promise<boolean> =>
  authenticate({ headers: { authorization: `Bearer ${secret}` } }).then(
    () => true,
    () => false,
  );

async function anAccountId(): Promise<string> {
  return (await create({ name: 'Ada', email: 'ada@example.org' })).body.id;
}

describe('accounts', () => {
  it('are made, read, listed and changed', async () => {
    const made = await create({ name: 'Ada', email: 'ada@example.org' });
    const body = {
      id: expect.stringMatching(/^acc_[\w-]{24}$/),
      name: 'Ada',
      email: 'ada@example.org',
      state: 'active',
      has_access_token: false,
      created_at: '2026-11-20T12:00:00.000Z',
      updated_at: '2026-11-20T12:00:00.000Z',
    };
    expect(made).toMatchObject({ status: 201, body });
    expect(made.headers.location).toBe(`accounts/${made.body.id}`);
    expect(await one('GET', made.body.id)).toMatchObject({ status: 200, body: made.body });
    expect((await list()).body).toEqual({ accounts: [made.body] });
    now += 1000;
    const changed = await one('PATCH', made.body.id, { name: 'Ada L.', email: null });
    expect(changed.body).toEqual({
      ...made.body,
      name: 'Ada L.',
      email: undefined,
      updated_at: '2026-11-20T12:00:01.000Z',
    });
  });

  it.each([
    [{}, 'name'],
    [{ name: '' }, 'name'],
    [{ name: 'x'.repeat(201) }, 'name'],
    [{ name: 'Ada', email: 'nobody' }, 'email'],
    [{ name: 'Ada', state: 'active' }, 'state'],
  ])('refuse %j naming what is wrong, and keep nothing', async (body, named) => {
    const answer = await create(body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'body_invalid' } });
    expect(answer.body.detail).toContain(named);
    expect(accounts.accounts.size).toBe(0);
  });

  it('need the scope, which every call tells', async () => {
    const id = await anAccountId();
    const scope = 'subscriptions:write';
    for (const answer of [
      await list({ scope }),
      await create({ name: 'Eve' }, { scope }),
      await one('GET', id, undefined, { scope }),
      await one('PATCH', id, { name: 'Eve' }, { scope: 'accounts:read' }),
      await one('DELETE', id, undefined, { scope: 'accounts:read' }),
      await listKeys(id, { scope }),
      await createKey(id, { scopes: [scope] }, { scope }),
      await rotateKey(id, 'key_1', undefined, { scope }),
      await rotateToken(id, { scope }),
    ]) {
      expect(answer).toMatchObject({ status: 403, body: { code: 'insufficient_scope' } });
    }
    expect(accounts.accounts.size).toBe(1);
    expect(await list({ scope: null })).toMatchObject({ status: 401 });
  });

  it.each(['acc_none', 'acc_', `acc_${'x'.repeat(24)}`, '', '#', 'x'.repeat(5000)])(
    'answer 404 for %j, which is none',
    async (id) => {
      for (const answer of [
        await one('GET', id),
        await one('PATCH', id, { name: 'x' }),
        await rotateToken(id),
      ]) {
        expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
      }
    },
  );

  it('are made once under an Idempotency-Key, and never for another request', async () => {
    const headers = { 'Idempotency-Key': 'once' };
    const first = await create({ name: 'Ada' }, { headers });
    const second = await create({ name: 'Ada' }, { headers });
    expect(second).toMatchObject({ status: 201, body: first.body, headers: { 'idempotent-replay': 'true' } });
    expect(await create({ name: 'Eve' }, { headers })).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    });
    const other = await create({ name: 'Ada' }, { headers, subject: 'bob' });
    expect(other.body.id).not.toBe(first.body.id);
    expect(await create({ name: 'Ada' }, { headers: { 'Idempotency-Key': '' } })).toMatchObject({
      status: 400,
    });
    expect(accounts.accounts.size).toBe(2);
  });

  it('take a change that somebody else made at the same moment into account', async () => {
    const id = await anAccountId();
    let interfered = false;
    accounts.beforeWrite = async () => {
      if (!interfered) {
        interfered = true;
        await one('PATCH', id, { email: 'new@example.org' });
      }
    };
    await one('PATCH', id, { name: 'Grace' });
    expect((await one('GET', id)).body).toMatchObject({ name: 'Grace', email: 'new@example.org' });
  });
});

describe('keys', () => {
  it('are shown once, kept as a hash, and prove their account with their scopes', async () => {
    const id = await anAccountId();
    const made = await createKey(id, {
      name: 'laptop',
      scopes: ['subscriptions:read', 'subscriptions:read'],
    });
    expect(made).toMatchObject({ status: 201, body: { account_id: id, name: 'laptop', kind: 'api_key' } });
    expect(made.body.key).toMatch(/^cwk_[\w-]{43}$/);
    const principal = await authenticate({ headers: { authorization: `Bearer ${made.body.key}` } });
    expect(principal).toEqual({ subject: id, scopes: new Set(['subscriptions:read']) });
    const kept = JSON.stringify([[...keys.keys], [...keys.proved], [...accounts.accounts]]);
    expect(kept).not.toContain(made.body.key.slice(4));
    const { body, text } = await listKeys(id);
    expect(body.keys).toEqual([
      expect.objectContaining({ id: made.body.id, scopes: ['subscriptions:read'] }),
    ]);
    expect(text).not.toContain(made.body.key.slice(4));
    expect(text).not.toContain(hashSecret(made.body.key));
  });

  it('never have a scope that their maker does not have', async () => {
    const id = await anAccountId();
    const scope = 'accounts:write topics:read';
    expect(await createKey(id, { scopes: ['topics:read', 'erase'] }, { scope })).toMatchObject({
      status: 403,
      body: { code: 'insufficient_scope', detail: expect.stringContaining('"erase"') },
    });
    const strong = await createKey(id, { scopes: ['subscriptions:write'] });
    expect(await rotateKey(id, strong.body.id, undefined, { scope })).toMatchObject({ status: 403 });
    expect(keys.keys.size).toBe(1);
  });

  it('end at their time, and one that lies in the past is refused', async () => {
    const id = await anAccountId();
    const made = await createKey(
      id,
      { scopes: ['topics:read'], expires_at: '2026-11-20T15:00:00+02:00' },
      {
        scope: `${allScopes} topics:read`,
      },
    );
    expect(made.body.expires_at).toBe('2026-11-20T13:00:00.000Z');
    expect(await works(made.body.key)).toBe(true);
    now += HOUR;
    expect(await works(made.body.key)).toBe(false);
    expect(await rotateKey(id, made.body.id)).toMatchObject({ status: 409 });
    const late = { scopes: ['accounts:read'], expires_at: '2026-11-20T12:59:59Z' };
    expect(await createKey(id, late)).toMatchObject({ status: 400, body: { code: 'body_invalid' } });
  });

  it.each([[{}], [{ scopes: [] }], [{ scopes: ['*'] }], [{ scopes: ['a b'] }], [{ scopes: 'x' }]])(
    'are not made of %j',
    async (body) => {
      expect(await createKey(await anAccountId(), body)).toMatchObject({ status: 400 });
    },
  );

  it('are revoked at once', async () => {
    const id = await anAccountId();
    const [kept, gone] = [await createKey(id), await createKey(id)];
    expect(await revoke(id, gone.body.id)).toMatchObject({ status: 204 });
    expect([await works(kept.body.key), await works(gone.body.key)]).toEqual([true, false]);
    expect(await revoke(id, gone.body.id)).toMatchObject({ status: 404 });
    expect(await revoke(id, '#')).toMatchObject({ status: 404 });
    expect(await revoke((await create({ name: 'Eve' })).body.id, kept.body.id)).toMatchObject({
      status: 404,
    });
  });

  it('are rotated: the old one works for the overlap, the new one has its name and scopes', async () => {
    const id = await anAccountId();
    const old = (await createKey(id, { name: 'laptop', scopes: ['subscriptions:read'] })).body;
    const { body } = await rotateKey(id, old.id, { overlap_hours: 2 });
    expect(body).toMatchObject({ name: 'laptop', scopes: ['subscriptions:read'], replaces: old.id });
    expect(body.expires_at).toBeUndefined();
    expect([await works(old.key), await works(body.key)]).toEqual([true, true]);
    now += 2 * HOUR;
    expect([await works(old.key), await works(body.key)]).toEqual([false, true]);
    const last = (await rotateKey(id, body.id, { overlap_hours: 0 })).body;
    expect([await works(body.key), await works(last.key)]).toEqual([false, true]);
    expect(await rotateKey(id, last.id, { overlap_hours: 169 })).toMatchObject({ status: 400 });
  });

  it('do not outlive their end by a rotation', async () => {
    const id = await anAccountId();
    const expires_at = '2026-11-20T13:00:00.000Z';
    const old = (await createKey(id, { scopes: ['accounts:read'], expires_at })).body;
    const { body } = await rotateKey(id, old.id);
    expect(body.expires_at).toBe(expires_at);
    now += HOUR;
    expect([await works(old.key), await works(body.key)]).toEqual([false, false]);
  });

  it('are made once under an Idempotency-Key, and shown once', async () => {
    const id = await anAccountId();
    const headers = { 'Idempotency-Key': 'once' };
    const first = await createKey(id, { scopes: ['accounts:read'] }, { headers });
    const second = await createKey(id, { scopes: ['accounts:read'] }, { headers });
    expect(second).toMatchObject({
      status: 201,
      body: { id: first.body.id },
      headers: { 'idempotent-replay': 'true' },
    });
    expect(second.body.key).toBeUndefined();
    expect(second.body.note).toContain('rotate');
    expect(await createKey(id, { scopes: ['accounts:write'] }, { headers })).toMatchObject({ status: 409 });
    expect(await works(first.body.key)).toBe(true);
    expect(keys.keys.size).toBe(1);
  });

  it('are rotated once under an Idempotency-Key: the overlap begins once, and the new one is shown once', async () => {
    const id = await anAccountId();
    const old = (await createKey(id)).body;
    const call = { headers: { 'Idempotency-Key': 'rotate-1' } };
    const first = await rotateKey(id, old.id, { overlap_hours: 2 }, call);
    expect(first).toMatchObject({ status: 201, body: { replaces: old.id, key: expect.any(String) } });
    now += HOUR;
    const again = await rotateKey(id, old.id, { overlap_hours: 2 }, call);
    expect(again).toMatchObject({ status: 201, headers: { 'idempotent-replay': 'true' } });
    expect(again.body).toMatchObject({ id: first.body.id, replaces: old.id, note: expect.any(String) });
    expect(again.body).not.toHaveProperty('key');
    expect(await works(old.key)).toBe(true);
    const another = await rotateKey(id, old.id, { overlap_hours: 3 }, call);
    expect(another).toMatchObject({ status: 409, body: { code: 'conflict' } });
    now += HOUR;
    expect([await works(old.key), await works(first.body.key)]).toEqual([false, true]);
    expect((await rotateKey(id, old.id, { overlap_hours: 2 }, call)).body.id).toBe(first.body.id);
    expect((await listKeys(id)).body.keys).toHaveLength(2);
  });

  it('end with a rotation that is repeated after a crash', async () => {
    const id = await anAccountId();
    const old = (await createKey(id)).body;
    const call = { headers: { 'Idempotency-Key': 'rotate-1' } };
    const remove = jest.spyOn(keys, 'remove').mockRejectedValueOnce(new Error('the store is away'));
    expect((await rotateKey(id, old.id, { overlap_hours: 0 }, call)).status).toBe(500);
    expect(await works(old.key)).toBe(true);
    expect((await rotateKey(id, old.id, { overlap_hours: 0 }, call)).status).toBe(201);
    expect(await works(old.key)).toBe(false);
    expect((await rotateKey(id, old.id, { overlap_hours: 0 }, call)).status).toBe(201);
    expect(remove).toHaveBeenCalledTimes(2);
    expect((await listKeys(id)).body.keys).toHaveLength(1);
  });

  it('are listed page by page, each once', async () => {
    const id = await anAccountId();
    const made = [];
    for (let count = 0; count < 5; count += 1) {
      made.push((await createKey(id)).body.id);
    }
    const seen: string[] = [];
    let next: string | undefined;
    do {
      const query: Record<string, string> = { limit: '2', ...(next !== undefined && { next }) };
      const { body } = await open('GET', '/v1/accounts/{id}/keys', { parameters: { id }, query });
      expect(body.keys.length).toBeLessThanOrEqual(2);
      seen.push(...body.keys.map((key: { id: string }) => key.id));
      next = body.next;
    } while (next !== undefined);
    expect(seen).toEqual(made.sort());
    const wrong = await open('GET', '/v1/accounts/{id}/keys', { parameters: { id }, query: { next: '?' } });
    expect(wrong).toMatchObject({ status: 400, body: { code: 'parameter_invalid' } });
  });

  it('are at most fifty of an account', async () => {
    const id = await anAccountId();
    for (let count = 0; count < 50; count += 1) {
      await createKey(id);
    }
    expect(await createKey(id)).toMatchObject({ status: 409 });
    expect(keys.keys.size).toBe(50);
  });
});

describe('an account that is switched off', () => {
  it('takes its keys with it at once, and gives back those that were not revoked', async () => {
    const id = await anAccountId();
    const [kept, revoked] = [(await createKey(id)).body, (await createKey(id)).body];
    await one('PATCH', id, { state: 'suspended' });
    expect([await works(kept.key), await works(revoked.key)]).toEqual([false, false]);
    expect(await createKey(id)).toMatchObject({ status: 409 });
    await revoke(id, revoked.id);
    await one('PATCH', id, { state: 'active' });
    expect([await works(kept.key), await works(revoked.key)]).toEqual([true, false]);
  });

  it('gets no key that was begun before and is finished after', async () => {
    const id = await anAccountId();
    const add = keys.add.bind(keys);
    keys.add = async (key) => {
      await one('PATCH', id, { state: 'suspended' });
      return add(key);
    };
    expect(await createKey(id)).toMatchObject({ status: 409 });
    expect(keys.proved.size).toBe(0);
  });
});

describe('deleting an account', () => {
  it('ends its keys and its subscriptions, and forgets its name and address', async () => {
    const id = await anAccountId();
    const { key } = (await createKey(id)).body;
    for (let index = 0; index < 120; index += 1) {
      await subscriptions.create(aSubscription({ id: `sub_${1000 + index}`, owner: id }));
    }
    await subscriptions.create(aSubscription({ id: 'sub_other', owner: 'alice' }));
    expect(await one('DELETE', id)).toMatchObject({ status: 204 });
    expect(await works(key)).toBe(false);
    const left = [...subscriptions.subscriptions.values()].filter(({ state }) => state !== 'deleted');
    expect(left.map((subscription) => subscription.id)).toEqual(['sub_other']);
    expect(await one('GET', id)).toMatchObject({ status: 404 });
    expect(await one('DELETE', id)).toMatchObject({ status: 404 });
    expect(await createKey(id)).toMatchObject({ status: 404 });
    expect(JSON.stringify([...accounts.accounts])).not.toMatch(/Ada|ada@/);
  });

  it('goes on where it stopped', async () => {
    const id = await anAccountId();
    for (let index = 0; index < 250; index += 1) {
      await subscriptions.create(aSubscription({ id: `sub_${1000 + index}`, owner: id }));
    }
    const change = subscriptions.changeState.bind(subscriptions);
    subscriptions.changeState = (...call) => {
      now += 100;
      return change(...call);
    };
    expect(await one('DELETE', id)).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect((await one('GET', id)).body.state).toBe('suspended');
    while ((await one('DELETE', id)).status !== 204);
    expect((await subscriptions.list({ owner: id, limit: 1 })).subscriptions).toEqual([]);
  });
});

describe('the access token of an account', () => {
  const register = (userId: string) =>
    registerAccount({ userId }, { accounts, keys, stageSecret: 'stage secret' }, new Date(now).toISOString());
  const idOf = () => [...accounts.accounts.keys()][0] as string;

  it('is replaced at once, by its owner as by an operator', async () => {
    const first = await register('ada');
    const byOperator = await rotateToken(idOf());
    expect(byOperator.body).toMatchObject({ id: idOf(), has_access_token: true });
    const second = byOperator.body.access_token;
    expect([await works(first), await works(second)]).toEqual([false, true]);
    const asOwner = openWith(second);
    const third = (await asOwner('POST', '/rotate-token')).body.access_token;
    expect([await works(second), await works(third)]).toEqual([false, true]);
    expect(await register('ada')).toBe(third);
  });

  it('is rotated once under an Idempotency-Key, and shown again', async () => {
    const token = await register('ada');
    const accountId = idOf();
    const call = { headers: { 'Idempotency-Key': 'rotate-1' } };
    const first = await rotateToken(accountId, call);
    const again = await rotateToken(accountId, call);
    expect(again).toMatchObject({ status: 200, headers: { 'idempotent-replay': 'true' } });
    expect(again.body.access_token).toBe(first.body.access_token);
    expect([await works(token), await works(first.body.access_token)]).toEqual([false, true]);
    const other = await rotateToken(accountId, { headers: { 'Idempotency-Key': 'rotate-2' } });
    expect(other.body.access_token).not.toBe(first.body.access_token);
    expect((await rotateToken(accountId)).body.access_token).not.toBe(other.body.access_token);
    expect(await works(other.body.access_token)).toBe(false);
  });

  it('lets its owner read its account and keys, and change nothing', async () => {
    const asOwner = openWith(await register('ada'));
    expect(await asOwner('GET')).toMatchObject({ status: 200, body: { name: 'ada' } });
    expect((await asOwner('GET', '/keys')).body.keys).toHaveLength(1);
    expect(await asOwner('PATCH', '', { name: 'x' })).toMatchObject({ status: 403 });
    expect(await asOwner('DELETE')).toMatchObject({ status: 403 });
    await create({ name: 'other' });
    const other = [...accounts.accounts.keys()].find((id) => id !== idOf()) as string;
    expect(await asOwner('GET', '', undefined, other)).toMatchObject({ status: 403 });
  });

  it('is given to nobody who has less than it can do, be it a narrower key of the same account', async () => {
    await register('ada');
    expect(await rotateToken(idOf(), { scope: 'accounts:write' })).toMatchObject({ status: 403 });
    const narrow = (await createKey(idOf(), { scopes: ['deliveries:read'] })).body.key;
    expect(await openWith(narrow)('POST', '/rotate-token')).toMatchObject({ status: 403 });
  });

  it('cannot be revoked or rotated like a key, and an account without one has none to rotate', async () => {
    await register('ada');
    const [token] = (await listKeys(idOf())).body.keys;
    expect(token).toMatchObject({ kind: 'access_token' });
    expect(await revoke(idOf(), token.id)).toMatchObject({ status: 409 });
    expect(await rotateKey(idOf(), token.id)).toMatchObject({ status: 409 });
    expect(await rotateToken((await create({ name: 'Eve' })).body.id)).toMatchObject({ status: 409 });
  });

  it('goes and comes back with its account', async () => {
    const token = await register('ada');
    await one('PATCH', idOf(), { state: 'suspended' });
    expect(await works(token)).toBe(false);
    expect(await register('ada')).toBe(token);
    expect(await works(token)).toBe(false);
    const rotated = (await rotateToken(idOf())).body.access_token;
    expect(await works(rotated)).toBe(false);
    await one('PATCH', idOf(), { state: 'active' });
    expect([await works(token), await works(rotated)]).toEqual([false, true]);
  });

  it('is another one after the account was deleted', async () => {
    const token = await register('ada');
    await one('DELETE', idOf());
    const next = await register('ada');
    expect(next).not.toBe(token);
    expect([await works(token), await works(next)]).toEqual([false, true]);
  });

  it('leaves nothing behind of a rotation that crashed', async () => {
    const first = await register('ada');
    const remove = keys.remove.bind(keys);
    keys.remove = async () => {
      throw new Error('died');
    };
    expect(await rotateToken(idOf())).toMatchObject({ status: 500 });
    keys.remove = remove;
    const { access_token } = (await rotateToken(idOf())).body;
    const crashed = deriveAccessToken('stage secret', idOf(), 2);
    expect([await works(first), await works(crashed), await works(access_token)]).toEqual([
      false,
      false,
      true,
    ]);
  });

  function openWith(secret: string) {
    return (method: string, below = '', body?: unknown, id = idOf()) =>
      open(method, `/v1/accounts/{id}${below}`, {
        parameters: { id },
        body,
        headers: { Authorization: `Bearer ${secret}` },
      });
  }
});
