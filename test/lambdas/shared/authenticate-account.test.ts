import { readFileSync } from 'node:fs';
import path from 'node:path';
import { hashSecret } from '../../../core/accounts/api-key';
import { functions } from '../../../lambdas/functions';
import { routes } from '../../../lambdas/routes';
import { offeredSecret, withAccounts } from '../../../lambdas/shared/authenticate-account';
import { authenticate as byToken } from '../../support/manage-door';
import { MemoryKeyStore } from '../../support/memory-accounts';
import { root } from '../../support/source-files';
import { unsignedToken } from '../../support/tokens';

const key = `cwk_${'k'.repeat(43)}`;
const token = '6ba7b810-9dad-41d1-80b4-00c04fd430c8';
const now = Date.parse('2026-11-20T12:00:00.000Z');

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

async function authenticatorWith(differences: { expiresAt?: string; isBlocked?: boolean } = {}) {
  const keys = new MemoryKeyStore();
  const looked: string[] = [];
  for (const secret of [key, token]) {
    const scopes = ['topics:read'];
    const hash = hashSecret(secret);
    keys.proved.set(hash, { accountId: 'acc_a', scopes, isBlocked: false, ...differences });
  }
  const credentials = {
    find: async (hash: string) => {
      looked.push(hash);
      return keys.credentials.find(hash);
    },
  };
  const authenticate = withAccounts(byToken, credentials, () => now);
  return {
    looked,
    ask: (authorization?: string) => authenticate({ headers: authorization ? { authorization } : {} }),
  };
}

describe('an account authenticates', () => {
  it.each([`Bearer ${key}`, `bearer  ${key}`, basic(`${key}:`), basic(`:${key}`), basic(`key_123:${key}`)])(
    'by %s',
    async (authorization) => {
      const { ask, looked } = await authenticatorWith();
      await expect(ask(authorization)).resolves.toEqual({
        subject: 'acc_a',
        scopes: new Set(['topics:read']),
      });
      expect(looked).toHaveLength(1);
    },
  );

  it.each([`Bearer ${token}`, basic(`anything at all:${token}`)])(
    'by %s, which opens the topics of its own door alone',
    async (authorization) => {
      const { ask } = await authenticatorWith();
      const scopes = new Set(['topics:read']);
      await expect(ask(authorization)).resolves.toEqual({ subject: 'acc_a', scopes, door: 'webhooks' });
    },
  );

  it('and a JWT does as before', async () => {
    const { ask, looked } = await authenticatorWith();
    const jwt = unsignedToken({ sub: 'alice', scope: 'a b' });
    await expect(ask(`Bearer ${jwt}`)).resolves.toEqual({ subject: 'alice', scopes: new Set(['a', 'b']) });
    await expect(ask()).rejects.toMatchObject({ code: 'authorization_header_missing' });
    await expect(ask('Bearer nonsense')).rejects.toMatchObject({ code: 'invalid_header' });
    await expect(ask(`Bearer ${key} ${key}`)).rejects.toMatchObject({ code: 'invalid_header' });
    expect(looked).toEqual([]);
  });
});

describe('who has no good secret', () => {
  const refusals = async () => [
    await refusal(`Bearer cwk_${'x'.repeat(43)}`, {}),
    await refusal(`Bearer ${key}x`, {}),
    await refusal('Bearer cwk_', {}),
    await refusal(`Bearer ${token.replace('6', '7')}`, {}),
    await refusal(`Bearer ${key}`, { expiresAt: '2026-11-20T12:00:00.000Z' }),
    await refusal(`Bearer ${key}`, { isBlocked: true }),
    await refusal(basic(`${key}:wrong`), {}),
    await refusal(basic('id:key'), {}),
    await refusal(basic(key), {}),
    await refusal('Basic', {}),
    await refusal('Basic ???', {}),
  ];

  it('gets one and the same refusal, which says nothing of the secret', async () => {
    const found = await refusals();
    expect(new Set(found.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(found[0]).toEqual({
      code: 'invalid_credentials',
      status: 401,
      message: 'the API key or access token is unknown, or not good any more',
    });
  });

  it('has no look-up made for what has not the form of a secret', async () => {
    const { ask, looked } = await authenticatorWith();
    for (const authorization of [
      `Bearer ${key}x`,
      'Basic',
      basic('id:key'),
      basic(`id:${key.toUpperCase()}`),
    ]) {
      await expect(ask(authorization)).rejects.toMatchObject({ status: 401 });
    }
    expect(looked).toEqual([]);
  });

  it('goes by the hash of what was offered', () => {
    expect(offeredSecret(`Bearer ${key}`)).toBe(key);
    expect(hashSecret(key)).toMatch(/^[0-9a-f]{64}$/);
  });

  async function refusal(authorization: string, differences: Parameters<typeof authenticatorWith>[0]) {
    const { ask } = await authenticatorWith(differences);
    const error = await ask(authorization).catch((thrown) => thrown);
    return { code: error.code, status: error.status, message: error.message };
  }
});

describe('every function', () => {
  const sourceOf = (stem: keyof typeof functions) =>
    readFileSync(path.join(root, `lambdas/${functions[stem].handler}.ts`), 'utf8');
  const behind = (isWanted: (path: string) => boolean) => [
    ...new Set(routes.filter((route) => isWanted(route.path)).map((route) => route.function)),
  ];

  it.each(behind((route) => route.startsWith('/v1/')))('of /v1 takes the secrets of accounts: %s', (stem) => {
    expect(sourceOf(stem)).toMatch(/\bauthenticate: makeAccountAuthenticator\(environment\)/);
    expect(sourceOf(stem)).not.toMatch(/\bmakeAuthenticator\(/);
  });

  it.each(behind((route) => /^\/(change|changes|v2)(\/|$)/.test(route)))('of CIS does not: %s', (stem) => {
    expect(sourceOf(stem)).not.toMatch(/makeAccountAuthenticator/);
  });
});
