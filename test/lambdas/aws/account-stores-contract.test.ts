import { type DynamoDBDocumentClient, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { ApiKey } from '../../../core/accounts/account';
import type { AccountStore, CredentialReader, KeyStore } from '../../../core/accounts/ports';
import type { SubscriptionStore } from '../../../core/topics/ports';
import type { CallbackSubscriptions } from '../../../core/webhooks/callbacks/callback-subscription';
import { makeDynamoAccountStore } from '../../../lambdas/aws/dynamo-account-store';
import { makeDynamoCallbackSubscriptions } from '../../../lambdas/aws/dynamo-callback-subscriptions';
import { makeDynamoCredentialReader } from '../../../lambdas/aws/dynamo-credential-reader';
import { makeDynamoKeyStore } from '../../../lambdas/aws/dynamo-key-store';
import { makeDynamoSubscriptionStore } from '../../../lambdas/aws/dynamo-subscription-store';
import { ownerRowKey } from '../../../lambdas/aws/subscription-row';
import { useEmulatedTables } from '../../support/emulated-tables';
import {
  anAccount,
  MemoryAccountStore,
  MemoryKeyStore,
  memoryCallbacks,
} from '../../support/memory-accounts';
import { MemorySubscriptionStore } from '../../support/memory-registry';
import { aSubscription } from '../../support/subscriptions';

const at = '2026-11-20T11:00:00.000Z';

const emulated = useEmulatedTables();

async function freshTable(): Promise<string> {
  return (await emulated.fresh()).registry;
}

const accountStores: [string, () => Promise<AccountStore>][] = [
  ['in memory', async () => new MemoryAccountStore()],
  ['on DynamoDB', async () => makeDynamoAccountStore(emulated.client, await freshTable())],
];

describe.each(accountStores)('AccountStore %s', (_, makeStore) => {
  it('keeps an account as it was written, with and without what may be left out', async () => {
    const store = await makeStore();
    const full = anAccount({
      id: 'acc_full',
      email: 'ada@example.org',
      state: 'suspended',
      tokenGeneration: 3,
      tokenHash: 'ab',
      tokenRequest: 'ef',
      requestDigest: 'cd',
    });
    for (const account of [anAccount(), full]) {
      await expect(store.write(account)).resolves.toBe('written');
      await expect(store.find(account.id)).resolves.toEqual(account);
    }
    await expect(store.find('acc_none')).resolves.toBeUndefined();
  });

  it('writes what nobody else wrote since it was read', async () => {
    const store = await makeStore();
    const both = await Promise.all([store.write(anAccount()), store.write(anAccount({ name: 'Eve' }))]);
    expect(both.sort()).toEqual(['conflict', 'written']);
    await expect(store.write(anAccount({ version: 3 }))).resolves.toBe('conflict');
    await expect(store.write(anAccount({ version: 2, name: 'B' }))).resolves.toBe('written');
    await expect(store.write(anAccount({ version: 2, name: 'C' }))).resolves.toBe('conflict');
    await expect(store.find(anAccount().id)).resolves.toMatchObject({ name: 'B' });
  });

  it('lists in pages, without the deleted ones, which can still be found', async () => {
    const store = await makeStore();
    for (const id of ['acc_c', 'acc_a', 'acc_d', 'acc_b']) {
      await store.write(anAccount({ id }));
    }
    await store.write(anAccount({ id: 'acc_b', state: 'deleted', version: 2 }));
    const first = await store.list({ limit: 2 });
    const second = await store.list({ limit: 2, after: first.next! });
    expect([first, second].map(({ accounts }) => accounts.map(({ id }) => id))).toEqual([
      ['acc_a', 'acc_c'],
      ['acc_d'],
    ]);
    expect(second.next).toBeUndefined();
    await expect(store.find('acc_b')).resolves.toMatchObject({ state: 'deleted' });
    await expect(store.list({ limit: 2, after: '?' })).rejects.toMatchObject({ code: 'parameter_invalid' });
  });
});

interface Keys {
  readonly keys: KeyStore;
  readonly credentials: CredentialReader;
}

const keyStores: [string, () => Promise<Keys>][] = [
  [
    'in memory',
    async () => {
      const keys = new MemoryKeyStore();
      return { keys, credentials: keys.credentials };
    },
  ],
  [
    'on DynamoDB',
    async () => {
      const table = await freshTable();
      return {
        keys: makeDynamoKeyStore(emulated.client, table),
        credentials: makeDynamoCredentialReader(emulated.client, table),
      };
    },
  ],
];

function aKey(id: string, differences: Partial<ApiKey> = {}): ApiKey {
  return {
    id,
    accountId: 'acc_a',
    kind: 'api_key',
    scopes: ['topics:read', 'topics:write'],
    hash: `hash of ${id}`,
    createdAt: at,
    ...differences,
  };
}

describe.each(keyStores)('KeyStore and CredentialReader %s', (_, makeStores) => {
  it('find what a secret proves by its hash, from its making to its removal', async () => {
    const { keys, credentials } = await makeStores();
    const key = aKey('key_1', { name: 'laptop', expiresAt: '2027-01-01T00:00:00.000Z', requestDigest: 'd' });
    await expect(keys.add(key)).resolves.toBe('added');
    await expect(credentials.find(key.hash)).resolves.toEqual({
      accountId: 'acc_a',
      scopes: key.scopes,
      expiresAt: key.expiresAt,
      isBlocked: false,
    });
    await expect(keys.find('acc_a', 'key_1')).resolves.toEqual(key);
    await keys.remove(key);
    await keys.remove(key);
    await expect(credentials.find(key.hash)).resolves.toBeUndefined();
    await expect(keys.find('acc_a', 'key_1')).resolves.toBeUndefined();
    await expect(keys.ofAccount('acc_a')).resolves.toEqual([]);
  });

  it('let the first key of an id stand, and give the second one no credential', async () => {
    const { keys, credentials } = await makeStores();
    await keys.add(aKey('key_1'));
    await expect(keys.add(aKey('key_1', { hash: 'other' }))).resolves.toBe('already_exists');
    await expect(credentials.find('other')).resolves.toBeUndefined();
  });

  it('list the keys of one account alone', async () => {
    const { keys } = await makeStores();
    for (const key of [aKey('key_2'), aKey('key_1'), aKey('key_3', { accountId: 'acc_ab' })]) {
      await keys.add(key);
    }
    await expect(keys.ofAccount('acc_a')).resolves.toEqual([aKey('key_1'), aKey('key_2')]);
    await expect(keys.find('acc_a', 'key_3')).resolves.toBeUndefined();
  });

  it('end a key at a time, block it and let it work again', async () => {
    const { keys, credentials } = await makeStores();
    const key = aKey('key_1');
    await keys.add(key);
    await keys.block(key, true);
    await expect(credentials.find(key.hash)).resolves.toMatchObject({ isBlocked: true });
    await keys.expire(key, at);
    await keys.block(key, false);
    await keys.block(key, false);
    await expect(credentials.find(key.hash)).resolves.toMatchObject({ isBlocked: false, expiresAt: at });
    await expect(keys.find('acc_a', 'key_1')).resolves.toMatchObject({ expiresAt: at });
  });

  it('never bring back what was removed', async () => {
    const { keys, credentials } = await makeStores();
    const key = aKey('key_1');
    await keys.add(key);
    await keys.remove(key);
    await keys.block(key, false);
    await keys.block(key, true);
    await keys.expire(key, '2099-01-01T00:00:00.000Z');
    await expect(credentials.find(key.hash)).resolves.toBeUndefined();
    await expect(keys.ofAccount('acc_a')).resolves.toEqual([]);
  });
});

describe('keys on DynamoDB', () => {
  it('finish an access token of which a crash left the list alone', async () => {
    const table = await freshTable();
    const [keys, credentials] = [
      makeDynamoKeyStore(emulated.client, table),
      makeDynamoCredentialReader(emulated.client, table),
    ];
    const token = aKey('token_1', { kind: 'access_token' });
    await keys.add({ ...token, hash: 'lost' });
    await expect(keys.add(token)).resolves.toBe('already_exists');
    await expect(credentials.find(token.hash)).resolves.toMatchObject({ accountId: 'acc_a' });
  });

  it('are found by the hundred, more than a page of the store holds', async () => {
    const keys = makeDynamoKeyStore(emulated.client, await freshTable());
    const scopes = Array.from({ length: 30 }, (_, index) => `scope:${'x'.repeat(600)}${index}`);
    const many = Array.from({ length: 70 }, (_, index) => aKey(`key_${100 + index}`, { scopes }));
    await Promise.all(many.map((key) => keys.add(key)));
    expect((await keys.ofAccount('acc_a')).map(({ id }) => id)).toEqual(many.map(({ id }) => id));
  });
});

interface Callbacks {
  readonly callbacks: CallbackSubscriptions;
  readonly subscriptions: SubscriptionStore;
}

const callbackStores: [string, () => Promise<Callbacks>][] = [
  [
    'in memory',
    async () => {
      const subscriptions = new MemorySubscriptionStore();
      return { subscriptions, callbacks: memoryCallbacks(subscriptions) };
    },
  ],
  [
    'on DynamoDB',
    async () => {
      const table = await freshTable();
      return {
        subscriptions: makeDynamoSubscriptionStore(emulated.client, table),
        callbacks: makeDynamoCallbackSubscriptions(emulated.client, table),
      };
    },
  ],
];

describe.each(callbackStores)('CallbackSubscriptions %s', (_, makeStores) => {
  const topic = { door: 'webhooks', name: 'relation_added' } as const;
  const secret = (seed: number) => ({
    secrets: [{ secret: `whsec_${Buffer.alloc(32, seed).toString('base64')}` }],
  });
  const aCallback = (seed = 1, createdAt = at) =>
    aSubscription({ topic, format: 'ads', createdAt, updatedAt: createdAt, ...secret(seed) });

  it('make a subscription that all others find, once', async () => {
    const { callbacks, subscriptions } = await makeStores();
    await expect(callbacks.createOnce(aCallback())).resolves.toBe('created');
    await expect(callbacks.createOnce(aCallback(2, '2026-11-20T12:00:00.000Z'))).resolves.toBe(
      'already_exists',
    );
    await expect(subscriptions.find(aCallback().id)).resolves.toEqual(aCallback());
    await expect(subscriptions.ofTopic(topic)).resolves.toEqual([aCallback()]);
    expect((await subscriptions.list({ owner: 'alice', limit: 10 })).subscriptions).toEqual([aCallback()]);
  });

  it('let one of many make it, and list it once', async () => {
    const { callbacks, subscriptions } = await makeStores();
    const made = await Promise.all(
      [1, 2, 3, 4].map((seed) => callbacks.createOnce(aCallback(seed, `2026-11-20T12:00:00.00${seed}Z`))),
    );
    expect(made.filter((outcome) => outcome === 'created')).toHaveLength(1);
    expect((await subscriptions.list({ owner: 'alice', limit: 10 })).subscriptions).toHaveLength(1);
  });

  it('find one that is off, and make a deleted one again', async () => {
    const { callbacks, subscriptions } = await makeStores();
    await callbacks.createOnce(aCallback());
    const off = { from: ['active'], to: 'disabled', reason: 'failing', at } as const;
    await subscriptions.changeState(aCallback(), off);
    await expect(callbacks.createOnce(aCallback(2))).resolves.toBe('already_exists');
    await subscriptions.changeState(aCallback(), { from: ['disabled'], to: 'deleted', at });
    const later = aCallback(3, '2026-12-01T00:00:00.000Z');
    await expect(callbacks.createOnce(later)).resolves.toBe('created');
    await expect(subscriptions.find(later.id)).resolves.toEqual(later);
    expect((await subscriptions.list({ owner: 'alice', limit: 10 })).subscriptions).toEqual([later]);
  });
});

describe('callbacks on DynamoDB', () => {
  it('are listed once, also where one who came too late crashed before it could tidy up', async () => {
    const table = await freshTable();
    const one = aSubscription({ topic: { door: 'webhooks', name: 'a' } });
    await makeDynamoCallbackSubscriptions(emulated.client, table).createOnce(one);
    const late = { ...one, createdAt: '2026-11-20T10:00:00.001Z' };
    const row = { id: one.id, topic: 'webhooks/a', owner: one.owner, created_at: late.createdAt };
    await emulated.client.send(new PutCommand({ TableName: table, Item: { ...ownerRowKey(late), ...row } }));
    const { subscriptions } = await makeDynamoSubscriptionStore(emulated.client, table).list({
      owner: one.owner,
      limit: 9,
    });
    expect(subscriptions).toEqual([one]);
  });

  it('keep their reference where one is made again while the earlier one is being deleted', async () => {
    const table = await freshTable();
    const one = aSubscription({ topic: { door: 'webhooks', name: 'a' } });
    const again = { ...one, createdAt: '2027-01-01T00:00:00.000Z' };
    const callbacks = makeDynamoCallbackSubscriptions(emulated.client, table);
    await callbacks.createOnce(one);
    const interrupted: DynamoDBDocumentClient = Object.assign(Object.create(emulated.client), {
      async send(command: { constructor: { name: string } }) {
        // The state says deleted by now, the list not yet.
        if (command.constructor.name === 'DeleteCommand') {
          await callbacks.createOnce(again);
        }
        return emulated.client.send(command as never);
      },
    });
    await makeDynamoSubscriptionStore(interrupted, table).changeState(one, {
      from: ['active'],
      to: 'deleted',
      at,
    });
    const inAYear = () => Date.now() + 365 * 24 * 3600_000;
    const store = makeDynamoSubscriptionStore(emulated.client, table, inAYear);
    await expect(store.find(one.id)).resolves.toEqual(again);
    expect((await store.list({ owner: one.owner, limit: 9 })).subscriptions).toEqual([again]);
  });

  it('write nothing for what is there already', async () => {
    const table = await freshTable();
    const callbacks = makeDynamoCallbackSubscriptions(emulated.client, table);
    const one = aSubscription({ topic: { door: 'webhooks', name: 'a' } });
    await callbacks.createOnce(one);
    const before = (await emulated.client.send(new ScanCommand({ TableName: table }))).Items;
    await callbacks.createOnce({ ...one, createdAt: '2027-01-01T00:00:00.000Z' });
    expect((await emulated.client.send(new ScanCommand({ TableName: table }))).Items).toEqual(before);
  });
});
