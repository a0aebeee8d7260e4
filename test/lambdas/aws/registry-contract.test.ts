import { BatchWriteCommand, type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { inChunks } from '../../../core/in-chunks';
import type {
  SecretStore,
  SubscriptionEditor,
  SubscriptionStore,
  TopicStore,
} from '../../../core/topics/ports';
import type { Confirmation } from '../../../core/topics/subscriptions/confirmation';
import type { Subscription } from '../../../core/topics/subscriptions/subscription';
import type { ConfirmationStore } from '../../../core/webhooks/confirmation/confirmation-ports';
import { makeDynamoConfirmationStore } from '../../../lambdas/aws/dynamo-confirmation-store';
import { makeDynamoSubscriptionStore } from '../../../lambdas/aws/dynamo-subscription-store';
import { makeDynamoTopicStore } from '../../../lambdas/aws/dynamo-topic-store';
import { ownerRowKey } from '../../../lambdas/aws/subscription-row';
import { useEmulatedTables } from '../../support/emulated-tables';
import { MemorySubscriptionStore, MemoryTopicStore } from '../../support/memory-registry';
import { aSubscription } from '../../support/subscriptions';

const at = '2026-11-20T11:00:00.000Z';
const orders = { door: 'manage', name: 'orders' } as const;
const credentials = {
  type: 'oauth2_client_credentials',
  tokenUrl: 'https://issuer.example/token',
  clientId: 'c',
  clientSecret: 's',
} as const;

const health = {
  failures: 7,
  unavailable: 6,
  failingSince: at,
  warnedPercent: 50,
  circuit: { openUntil: at, opens: 2, probeUntil: at },
} as const;

const confirmation: Confirmation = {
  id: 'c1',
  state: 'pending',
  origin: 'api.example',
  callbackUrl: 'https://api.example/confirmations',
  askedAt: at,
  attempts: 1,
  nextAt: at,
  callbackHashes: ['h1', 'h2'],
  lastFailure: 'no_grant',
  lastStatus: 200,
  revision: 3,
};

const emulated = useEmulatedTables();

async function freshTable(): Promise<string> {
  return (await emulated.fresh()).registry;
}

const topicStores: [string, () => Promise<TopicStore>][] = [
  ['in memory', async () => new MemoryTopicStore()],
  ['on DynamoDB', async () => makeDynamoTopicStore(emulated.client, await freshTable())],
];

describe.each(topicStores)('TopicStore %s', (_, makeStore) => {
  let store: TopicStore;
  beforeEach(async () => {
    store = await makeStore();
  });

  it('keeps a topic as it was made, with and without a description', async () => {
    const described = { key: orders, description: 'of the shop', createdAt: at };
    const plain = { key: { door: 'events', name: 'a/b#c' } as const, createdAt: at };
    await expect(store.create(described)).resolves.toBe('created');
    await expect(store.create(plain)).resolves.toBe('created');
    await expect(store.find(orders)).resolves.toEqual(described);
    await expect(store.find(plain.key)).resolves.toEqual(plain);
    await expect(store.find({ door: 'events', name: 'orders' })).resolves.toBeUndefined();
  });

  it('keeps all that is said of a topic', async () => {
    const topic = {
      key: orders,
      schema: { type: 'number', minimum: 1e21, '': { $ref: '#' } },
      examples: [1.5, null, '\ud800'],
      deprecation: { since: at, notice: 'x' },
      number: 7,
      recovery: { originHost: 'http://app.test/postoffice/messages/', enabled: true },
      createdBy: 'alice',
      madeBy: 'digest',
      createdAt: at,
    };
    await store.create(topic);
    await expect(store.find(orders)).resolves.toEqual(topic);
    expect((await store.list({ limit: 1 })).topics).toEqual([topic]);
  });

  it('replaces a topic once per revision: who read an older one loses', async () => {
    const topic = { key: orders, createdAt: at };
    await expect(store.replace({ ...topic, revision: 1 })).resolves.toBe('conflict');
    await store.create({ ...topic, description: 'gone' });
    const both = [1, 1].map((revision) => store.replace({ ...topic, revision }));
    expect((await Promise.all(both)).sort()).toEqual(['conflict', 'replaced']);
    await expect(store.find(orders)).resolves.toEqual({ ...topic, revision: 1 });
    await expect(store.replace({ ...topic, revision: 3 })).resolves.toBe('conflict');
    await expect(store.replace({ ...topic, revision: 2 })).resolves.toBe('replaced');
  });

  it('removes a topic, which can be made anew', async () => {
    await store.create({ key: orders, createdAt: at });
    await store.remove(orders);
    await store.remove(orders);
    await expect(store.find(orders)).resolves.toBeUndefined();
    expect((await store.list({ limit: 1 })).topics).toEqual([]);
    await expect(store.create({ key: orders, createdAt: at })).resolves.toBe('created');
  });

  it('makes a topic once, also when two make it at the same moment', async () => {
    const outcomes = await Promise.all(
      ['one', 'two', 'three'].map((description) => store.create({ key: orders, description, createdAt: at })),
    );
    expect(outcomes.sort()).toEqual(['already_exists', 'already_exists', 'created']);
    expect((await store.list({ limit: 10 })).topics).toHaveLength(1);
  });

  it('lists in pages that neither lose nor double, the last without a token', async () => {
    for (const name of ['c', 'a', 'e', 'b', 'd']) {
      await store.create({ key: { door: 'manage', name }, createdAt: at });
    }
    const first = await store.list({ limit: 2 });
    const second = await store.list({ limit: 2, after: first.next! });
    const third = await store.list({ limit: 2, after: second.next! });
    const names = [first, second, third].map(({ topics }) => topics.map(({ key }) => key.name));
    expect(names).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
    expect(third.next).toBeUndefined();
    expect((await store.list({ limit: 5 })).next).toBeUndefined();
  });

  it.each(['', '???', 'a b', 'A'.repeat(5000)])('refuses a token that no list gave (%#)', async (after) => {
    await expect(store.list({ limit: 2, after })).rejects.toMatchObject({ code: 'parameter_invalid' });
  });
});

type Stores = SubscriptionStore & SubscriptionEditor & SecretStore & ConfirmationStore;

const subscriptionStores: [string, () => Promise<Stores>][] = [
  ['in memory', async () => new MemorySubscriptionStore()],
  [
    'on DynamoDB',
    async () => {
      const table = await freshTable();
      return {
        ...makeDynamoSubscriptionStore(emulated.client, table),
        ...makeDynamoConfirmationStore(emulated.client, table),
      };
    },
  ],
];

describe.each(subscriptionStores)('SubscriptionStore %s', (_, makeStore) => {
  let store: Stores;
  beforeEach(async () => {
    store = await makeStore();
  });

  it('keeps a subscription as it was made', async () => {
    const plain = aSubscription();
    const full = aSubscription({
      id: 'sub_2',
      format: 'cis',
      filter: { data: { ' ü.b': [1, null, { prefix: 'x' }] }, attributes: { ['__proto__']: [true] } },
      credentials: { ...credentials, audience: 'a', scope: 'b c' },
      description: 'all of it',
      state: 'disabled',
      stateReason: 'gone',
      headers: {},
      secrets: [{ secret: 'whsec_new' }, { secret: 'whsec_old', expiresAt: at }],
      policy: {
        ...{ success: '200', finalStatuses: [], scheduleSeconds: [], jitter: 0, timeoutSeconds: 30 },
        ...{ concurrency: 3, ratePerSecond: 0.5, circuit: false },
        disable: { failures: 5, hours: 1.5, counts: 'ever' },
        ...{ repeatSeconds: 30, longestSeconds: 259_200, jitterAdds: true, heedsAnswers: false },
      },
      consumer: { number: 7, secondsTimeout: null, secondsRetry: 30, chunkSize: 100 },
      health,
    });
    await store.create(plain);
    await store.create(full);
    await expect(store.find(plain.id)).resolves.toEqual(plain);
    await expect(store.find(full.id)).resolves.toEqual(full);
    await expect(store.find('sub_3')).resolves.toBeUndefined();
  });

  it('takes an id once', async () => {
    await store.create(aSubscription());
    await expect(store.create(aSubscription({ owner: 'mallory' }))).resolves.toBe('already_exists');
    await expect(store.create(aSubscription({ createdAt: at }))).resolves.toBe('already_exists');
    await expect(store.find(aSubscription().id)).resolves.toEqual(aSubscription());
  });

  it('makes one that can be repeated once, also when two make it at the same moment', async () => {
    const tries = [1, 2, 3].map((byte) =>
      aSubscription({ madeBy: 'digest', secrets: [{ secret: `whsec_${byte}` }] }),
    );
    const outcomes = await Promise.all(tries.map((one) => store.create(one)));
    expect([...outcomes].sort()).toEqual(['already_exists', 'already_exists', 'created']);
    await expect(store.find(tries[0]!.id)).resolves.toEqual(tries[outcomes.indexOf('created')]);
    const other = aSubscription({ madeBy: 'other digest', createdAt: at });
    await expect(store.create(other)).resolves.toBe('already_exists');
    await expect(store.find(other.id)).resolves.toMatchObject({ madeBy: 'digest' });
  });

  it('replaces the secrets that were read, and no others', async () => {
    const reference = { id: aSubscription().id, topic: orders };
    const read = aSubscription().secrets;
    const first = [
      { secret: 'whsec_1', madeBy: { seed: 's', digest: 'd' } },
      { secret: 'whsec_0', expiresAt: at },
    ];
    await expect(store.replaceSecrets(reference, read, first, at)).resolves.toBeUndefined();
    await store.create(aSubscription());
    const replaced = aSubscription({ secrets: first, updatedAt: at });
    await expect(store.replaceSecrets(reference, read, first, at)).resolves.toEqual(replaced);
    await expect(store.find(reference.id)).resolves.toEqual(replaced);
    await expect(store.replaceSecrets(reference, read, [], at)).resolves.toBeUndefined();
    const second = [{ secret: 'whsec_2' }];
    await expect(store.replaceSecrets(reference, first, second, at)).resolves.toMatchObject({
      secrets: second,
    });
    await store.changeState(reference, { from: ['active'], to: 'deleted', at });
    await expect(store.replaceSecrets(reference, [], second, at)).resolves.toBeUndefined();
    await expect(store.find(reference.id)).resolves.toMatchObject({ secrets: [] });
  });

  it('finds those of a topic in every state but deleted', async () => {
    for (const state of ['active', 'paused', 'disabled', 'deleted'] as const) {
      await store.create(aSubscription({ id: `sub_${state}`, state }));
    }
    await store.create(aSubscription({ id: 'sub_other', topic: { door: 'events', name: 'orders' } }));
    const found = await store.ofTopic(orders);
    expect(found.map(({ id }) => id)).toEqual(['sub_active', 'sub_disabled', 'sub_paused']);
  });

  it('keeps those of a pattern apart from those of a topic of the same name', async () => {
    const name = 'foo.*';
    const exact = { door: 'webhooks', name } as const;
    const pattern = { ...exact, isPattern: true } as const;
    await store.create(aSubscription({ id: 'sub_exact', topic: exact }));
    await store.create(aSubscription({ id: 'sub_pattern', topic: pattern }));
    expect((await store.ofTopic(exact)).map(({ id }) => id)).toEqual(['sub_exact']);
    expect((await store.ofTopic(pattern)).map(({ id }) => id)).toEqual(['sub_pattern']);
    expect((await store.find('sub_pattern'))?.topic).toEqual(pattern);
    const found = await store.findMany([{ id: 'sub_pattern', topic: pattern }]);
    expect([...found.keys()]).toEqual(['sub_pattern']);
    const { subscriptions } = await store.list({ owner: 'alice', limit: 5 });
    expect(subscriptions.map(({ topic }) => topic)).toEqual([exact, pattern]);
    await store.changeState({ id: 'sub_pattern', topic: pattern }, { from: ['active'], to: 'deleted', at });
    await expect(store.ofTopic(pattern)).resolves.toEqual([]);
  });

  it('reads many at once, each once, and leaves out what is not there', async () => {
    const ids = Array.from({ length: 130 }, (_, index) => `sub_${index}`);
    await Promise.all(ids.map((id) => store.create(aSubscription({ id }))));
    const found = await store.findMany([...ids, 'sub_0', 'sub_none'].map((id) => ({ id, topic: orders })));
    expect([...found.keys()].sort()).toEqual([...ids].sort());
    await expect(store.findMany([])).resolves.toEqual(new Map());
  });

  it('moves a state only from where it may move, and tells what it found', async () => {
    const reference = { id: aSubscription().id, topic: orders };
    const disable = { from: ['active'], to: 'disabled', reason: 'gone', at } as const;
    await expect(store.changeState(reference, disable)).resolves.toEqual({ moved: false, state: undefined });
    await store.create(aSubscription());
    await expect(store.changeState(reference, disable)).resolves.toEqual({ moved: true, state: 'disabled' });
    await expect(store.changeState(reference, disable)).resolves.toEqual({ moved: false, state: 'disabled' });
    await expect(store.find(reference.id)).resolves.toEqual(
      aSubscription({ state: 'disabled', stateReason: 'gone', updatedAt: at }),
    );
    await store.changeState(reference, { from: ['disabled'], to: 'active', at });
    await expect(store.find(reference.id)).resolves.toEqual(aSubscription({ updatedAt: at }));
  });

  it('forgets how the target did when it is switched on again or leads elsewhere, and only then', async () => {
    const reference = { id: aSubscription().id, topic: orders };
    const healthOf = async () => (await store.find(reference.id))?.health;
    const changes = [
      () => store.revise(reference, { state: 'active' }, at),
      () => store.revise(reference, { target: 'https://elsewhere.example/' }, at),
      () => store.changeState(reference, { from: ['disabled'], to: 'active', at }),
    ];
    for (const [index, change] of changes.entries()) {
      const failing = aSubscription({ id: `sub_${index}`, health });
      Object.assign(reference, { id: failing.id });
      await store.create(failing);
      await store.revise(reference, { state: 'paused', description: 'x' }, at);
      await store.changeState(reference, { from: ['paused'], to: 'disabled', reason: 'failing', at });
      expect(await healthOf()).toEqual(health);
      await change();
      expect(await healthOf()).toBeUndefined();
    }
  });

  it('keeps a tombstone without secrets when one is deleted, and lists it no more', async () => {
    const reference = { id: aSubscription().id, topic: orders };
    await store.create(aSubscription({ credentials, health }));
    await store.changeState(reference, { from: ['active'], to: 'deleted', at });
    const tombstone = aSubscription({ state: 'deleted', secrets: [], headers: {}, updatedAt: at });
    await expect(store.find(reference.id)).resolves.toEqual(tombstone);
    await expect(store.ofTopic(orders)).resolves.toEqual([]);
    await expect(store.list({ owner: 'alice', limit: 10 })).resolves.toEqual({ subscriptions: [] });
    await expect(store.revise(reference, { state: 'active' }, at)).resolves.toBeUndefined();
  });

  it('revises what is given and nothing else', async () => {
    const reference = { id: aSubscription().id, topic: orders };
    await expect(store.revise(reference, { description: 'x' }, at)).resolves.toBeUndefined();
    await store.create(aSubscription({ state: 'disabled', stateReason: 'gone' }));
    await expect(store.revise(reference, { description: 'x' }, at)).resolves.toEqual(
      aSubscription({ state: 'disabled', stateReason: 'gone', description: 'x', updatedAt: at }),
    );
    const policy = { ...aSubscription().policy, timeoutSeconds: 3 };
    const changes = {
      description: null,
      state: 'active' as const,
      policy,
      headers: {},
      target: 'https://b.example/',
    };
    const revised = aSubscription({ policy, headers: {}, target: 'https://b.example/', updatedAt: at });
    await expect(store.revise(reference, changes, at)).resolves.toEqual(revised);
    await expect(store.find(reference.id)).resolves.toEqual(revised);
  });

  it('revises one only while it is sent as it was found, where that is asked for', async () => {
    const reference = { id: aSubscription().id, topic: orders };
    await store.create(aSubscription());
    const [one, other] = ['https://one.example/', 'https://other.example/'];
    const first = await store.revise(reference, { target: one }, at, aSubscription());
    expect(first).toEqual(aSubscription({ target: one, updatedAt: at }));
    await expect(store.revise(reference, { target: other }, at, aSubscription())).resolves.toBeUndefined();
    const otherFormat = { target: one, format: 'cis' } as const;
    await expect(store.revise(reference, { target: other }, at, otherFormat)).resolves.toBeUndefined();
    await expect(store.find(reference.id)).resolves.toEqual(first);
  });

  it('revises a filter and the format, and takes the filter away', async () => {
    const reference = { id: aSubscription().id, topic: orders };
    await store.create(aSubscription());
    const filter = { attributes: { region: ['eu', { exists: false }] } };
    const revised = aSubscription({ filter, format: 'cis', updatedAt: at });
    await expect(store.revise(reference, { filter, format: 'cis' }, at)).resolves.toEqual(revised);
    await store.revise(reference, { description: null }, at);
    await expect(store.find(reference.id)).resolves.toEqual(revised);
    await store.revise(reference, { filter: null }, at);
    await expect(store.find(reference.id)).resolves.toEqual(aSubscription({ format: 'cis', updatedAt: at }));
  });

  it('revises whether a target was asked, and takes that away', async () => {
    const made = aSubscription({ format: 'cloudevents', legacyGrant: true, confirmation });
    await store.create(made);
    await expect(store.find(made.id)).resolves.toEqual(made);
    const other = { ...confirmation, id: 'c2', revision: 1 };
    const changes = { legacyGrant: false, confirmation: other };
    const revised = { ...made, ...changes, updatedAt: at };
    await expect(store.revise(made, changes, at)).resolves.toEqual(revised);
    await store.revise(made, { description: null }, at);
    await expect(store.find(made.id)).resolves.toEqual(revised);
    const without = await store.revise(made, { confirmation: null }, at);
    expect(without).not.toHaveProperty('confirmation');
  });

  it('writes a confirmation if nobody has meanwhile, and nothing else', async () => {
    const made = aSubscription({ format: 'cloudevents', confirmation, health });
    await store.create(made);
    const { nextAt: _, lastFailure: __, lastStatus: ___, ...rest } = confirmation;
    const next: Confirmation = {
      ...{ ...rest, state: 'granted', grantedAt: at, grantedBy: 'answer', ratePerMinute: 120 },
      revision: confirmation.revision + 1,
    };
    await expect(store.write(made, { ...next, revision: 9 })).resolves.toBe('conflict');
    await expect(store.write(made, { ...next, id: 'c2' })).resolves.toBe('conflict');
    await expect(store.write(made, next)).resolves.toBe('written');
    await expect(store.write(made, next)).resolves.toBe('conflict');
    await expect(store.find(made.id)).resolves.toEqual({ ...made, confirmation: next });
    const plain = aSubscription({ id: 'sub_plain' });
    await store.create(plain);
    await expect(store.write(plain, { ...next, revision: 1 })).resolves.toBe('conflict');
    await expect(store.write(aSubscription({ id: 'sub_none' }), next)).resolves.toBe('conflict');
    await store.changeState(made, { from: ['active'], to: 'deleted', at });
    await expect(store.write(made, { ...next, revision: next.revision + 1 })).resolves.toBe('conflict');
  });

  it('revises how CloudEvents travel, and takes it away', async () => {
    const made = aSubscription({ format: 'cloudevents', contentMode: 'structured' });
    await store.create(made);
    await expect(store.find(made.id)).resolves.toEqual(made);
    const batched = { ...made, contentMode: 'batched', updatedAt: at };
    await expect(store.revise(made, { contentMode: 'batched' }, at)).resolves.toEqual(batched);
    await store.revise(made, { format: 'standard', contentMode: null }, at);
    await expect(store.find(made.id)).resolves.toEqual(aSubscription({ updatedAt: at }));
  });

  it('revises credentials, and takes them away', async () => {
    const reference = { id: aSubscription().id, topic: orders };
    await store.create(aSubscription({ credentials }));
    await store.revise(reference, { headers: {} }, at);
    await expect(store.find(reference.id)).resolves.toMatchObject({ credentials });
    for (const simple of [
      { type: 'basic', username: 'ü', password: 'p' },
      { type: 'bearer', token: 't' },
      { type: 'key_header', name: 'X-Key', value: 'v' },
    ] as const) {
      await store.revise(reference, { credentials: simple }, at);
      expect((await store.find(reference.id))?.credentials).toEqual(simple);
    }
    const other = { ...credentials, clientSecret: 'new', audience: 'a' };
    await expect(store.revise(reference, { credentials: other }, at)).resolves.toEqual(
      aSubscription({ headers: {}, credentials: other, updatedAt: at }),
    );
    await store.revise(reference, { credentials: null }, at);
    await expect(store.find(reference.id)).resolves.toEqual(aSubscription({ headers: {}, updatedAt: at }));
  });

  it('lists an owner its own ones, oldest first, in pages that neither lose nor double', async () => {
    const ids = ['sub_c', 'sub_a', 'sub_b', 'sub_e', 'sub_d'];
    for (const [index, id] of ids.entries()) {
      await store.create(aSubscription({ id, createdAt: `2026-11-20T10:00:0${index}.000Z` }));
    }
    await store.create(aSubscription({ id: 'sub_m', owner: 'mallory' }));
    await store.changeState({ id: 'sub_a', topic: orders }, { from: ['active'], to: 'deleted', at });
    const first = await store.list({ owner: 'alice', limit: 2 });
    const second = await store.list({ owner: 'alice', limit: 2, after: first.next! });
    expect([...first.subscriptions, ...second.subscriptions].map(({ id }) => id)).toEqual([
      'sub_c',
      'sub_b',
      'sub_e',
      'sub_d',
    ]);
    expect(second.next).toBeUndefined();
  });

  it('lists those that pass, in pages that neither lose nor double', async () => {
    for (let index = 0; index < 9; index += 1) {
      const state = index % 2 === 0 ? 'active' : 'paused';
      const createdAt = `2026-11-20T10:00:0${index}.000Z`;
      await store.create(aSubscription({ id: `sub_${index}`, state, createdAt }));
    }
    const where = ({ state }: Subscription) => state === 'paused';
    const found: string[] = [];
    let next: string | undefined;
    do {
      const page = await store.list({ owner: 'alice', limit: 3, where, ...(next && { after: next }) });
      found.push(...page.subscriptions.map(({ id }) => id));
      next = page.next;
    } while (next);
    expect(found).toEqual(['sub_1', 'sub_3', 'sub_5', 'sub_7']);
    const none = await store.list({ owner: 'alice', limit: 3, where: () => false });
    expect(none).toEqual({ subscriptions: [] });
  });

  it('keeps owners of any name apart', async () => {
    const owners = ['x'.repeat(3000), `${'x'.repeat(2999)}y`, 'ünï#code', 'x'];
    for (const [index, owner] of owners.entries()) {
      await store.create(aSubscription({ id: `sub_${index}`, owner }));
    }
    for (const [index, owner] of owners.entries()) {
      const { subscriptions } = await store.list({ owner, limit: 10 });
      expect(subscriptions.map(({ id }) => id)).toEqual([`sub_${index}`]);
    }
  });
});

describe('the registry on DynamoDB after a crash', () => {
  it('reads a subscription whose making stopped half-way as not found, and lists over it', async () => {
    const table = await freshTable();
    const store = makeDynamoSubscriptionStore(emulated.client, table);
    for (const writes of [1, 2]) {
      const crashing = makeDynamoSubscriptionStore(crashAfter(emulated.client, writes), table);
      await expect(crashing.create(aSubscription({ id: `sub_${writes}` }))).rejects.toThrow('crash');
      await expect(store.find(`sub_${writes}`)).resolves.toBeUndefined();
    }
    await store.create(aSubscription({ id: 'sub_3' }));
    const { subscriptions, next } = await store.list({ owner: 'alice', limit: 1 });
    expect(subscriptions.map(({ id }) => id)).toEqual(['sub_3']);
    expect(next).toBeUndefined();
    expect((await store.ofTopic(orders)).map(({ id }) => id)).toEqual(['sub_3']);
  });

  it('lets a call be repeated that stopped half-way, and lists what it made once', async () => {
    const table = await freshTable();
    const store = makeDynamoSubscriptionStore(emulated.client, table);
    for (const writes of [1, 2]) {
      const first = aSubscription({ id: `sub_${writes}`, madeBy: 'digest' });
      const crashing = makeDynamoSubscriptionStore(crashAfter(emulated.client, writes), table);
      await expect(crashing.create(first)).rejects.toThrow('crash');
      const again = { ...first, createdAt: at, secrets: [{ secret: 'whsec_again' }] };
      const stranger = { ...again, owner: 'mallory' };
      await expect(store.create(stranger)).resolves.toBe('already_exists');
      await expect(store.create({ ...again, madeBy: 'other' })).resolves.toBe('already_exists');
      await expect(store.create(again)).resolves.toBe('created');
      await expect(store.find(first.id)).resolves.toEqual(again);
    }
    const { subscriptions } = await store.list({ owner: 'alice', limit: 10 });
    expect(subscriptions.map(({ id }) => id)).toEqual(['sub_1', 'sub_2']);
  });

  it('ends a page before it has read the whole of a list where nothing passes', async () => {
    const table = await freshTable();
    const store = makeDynamoSubscriptionStore(emulated.client, table);
    const rows = Array.from({ length: 1105 }, (_, index) => ({
      ...ownerRowKey({ owner: 'alice', createdAt: at, id: `sub_${String(index).padStart(4, '0')}` }),
      id: `sub_${index}`,
      topic: 'manage/orders',
      owner: 'alice',
      created_at: at,
    }));
    for (const chunk of inChunks(rows, 25)) {
      const requests = chunk.map((Item) => ({ PutRequest: { Item } }));
      await emulated.client.send(new BatchWriteCommand({ RequestItems: { [table]: requests } }));
    }
    await store.create(aSubscription({ id: 'sub_9999', createdAt: at }));
    const first = await store.list({ owner: 'alice', limit: 5, where: () => true });
    expect(first).toEqual({ subscriptions: [], next: expect.any(String) });
    const second = await store.list({ owner: 'alice', limit: 5, where: () => true, after: first.next! });
    expect(second.subscriptions.map(({ id }) => id)).toEqual(['sub_9999']);
    expect(second.next).toBeUndefined();
  });

  it('has deleted a subscription once its state says so, wherever the deleting stops', async () => {
    const table = await freshTable();
    const store = makeDynamoSubscriptionStore(emulated.client, table);
    for (const writes of [1, 2]) {
      const id = `sub_${writes}`;
      await store.create(aSubscription({ id }));
      const crashing = makeDynamoSubscriptionStore(crashAfter(emulated.client, writes), table);
      const change = { from: ['active'], to: 'deleted', at } as const;
      await expect(crashing.changeState({ id, topic: orders }, change)).rejects.toThrow('crash');
      expect((await store.find(id))?.state).toBe('deleted');
    }
    await expect(store.list({ owner: 'alice', limit: 10 })).resolves.toEqual({ subscriptions: [] });
  });

  it('lets a topic be made whose making stopped half-way', async () => {
    const table = await freshTable();
    const store = makeDynamoTopicStore(emulated.client, table);
    const topic = { key: orders, createdAt: at };
    await expect(makeDynamoTopicStore(crashAfter(emulated.client, 1), table).create(topic)).rejects.toThrow(
      'crash',
    );
    await expect(store.list({ limit: 5 })).resolves.toEqual({ topics: [] });
    await expect(store.create(topic)).resolves.toBe('created');
    await expect(store.list({ limit: 5 })).resolves.toEqual({ topics: [topic] });
  });

  it('forgets a tombstone at its expiry, before the store removes it', async () => {
    const table = await freshTable();
    let now = Date.parse(at);
    const store = makeDynamoSubscriptionStore(emulated.client, table, () => now);
    const reference = { id: aSubscription().id, topic: orders };
    await store.create(aSubscription());
    await store.changeState(reference, { from: ['active'], to: 'deleted', at });
    now += 59 * 24 * 3600 * 1000;
    await expect(store.find(reference.id)).resolves.toMatchObject({ state: 'deleted' });
    now += 24 * 3600 * 1000;
    await expect(store.find(reference.id)).resolves.toBeUndefined();
    await expect(store.findMany([reference])).resolves.toEqual(new Map());
    const { Items } = await emulated.client.send(new ScanCommand({ TableName: table }));
    expect(Items?.every(({ expires_at }) => typeof expires_at === 'number')).toBe(true);
  });
});

describe('the registry on DynamoDB', () => {
  it.each([1025, 1040, 5000])('refuses a page token of %d bytes as the caller’s mistake', async (bytes) => {
    const table = await freshTable();
    const after = Buffer.alloc(bytes, 'x').toString('base64url');
    const refusal = { code: 'parameter_invalid' };
    const list = makeDynamoSubscriptionStore(emulated.client, table).list({
      owner: 'alice',
      limit: 5,
      after,
    });
    await expect(list).rejects.toMatchObject(refusal);
    await expect(
      makeDynamoTopicStore(emulated.client, table).list({ limit: 5, after }),
    ).rejects.toMatchObject(refusal);
  });

  // The emulator is always consistent, so only the calls can tell.
  it('reads strongly consistently, so that a change takes effect with its reply', async () => {
    const table = await freshTable();
    const reads: boolean[] = [];
    const watched: DynamoDBDocumentClient = Object.assign(Object.create(emulated.client), {
      send(command: { input: Record<string, unknown> }) {
        const { input } = command;
        const parts = [input, ...Object.values((input.RequestItems as Record<string, unknown>) ?? {})];
        if (/Get|Query/.test(command.constructor.name)) {
          reads.push(parts.some((part) => (part as { ConsistentRead?: boolean }).ConsistentRead === true));
        }
        return emulated.client.send(command as never);
      },
    });
    const store = makeDynamoSubscriptionStore(watched, table);
    const topics = makeDynamoTopicStore(watched, table);
    const reference = { id: aSubscription().id, topic: orders };
    await store.create(aSubscription());
    await store.find(reference.id);
    await store.findMany([reference]);
    await store.ofTopic(orders);
    await store.list({ owner: 'alice', limit: 5 });
    await store.changeState(reference, { from: ['paused'], to: 'active', at });
    await topics.create({ key: orders, createdAt: at });
    await topics.find(orders);
    await topics.list({ limit: 5 });
    expect(reads).toHaveLength(10);
    expect(reads).not.toContain(false);
  });
});

/** The emulated.client of a process that dies before its write number `writes` + 1. */
function crashAfter(real: DynamoDBDocumentClient, writes: number): DynamoDBDocumentClient {
  let left = writes;
  return Object.assign(Object.create(real), {
    send(command: { constructor: { name: string } }) {
      if (/^(Put|Update|Delete)/.test(command.constructor.name)) {
        if (left === 0) {
          throw new Error('crash');
        }
        left -= 1;
      }
      return real.send(command as never);
    },
  });
}
