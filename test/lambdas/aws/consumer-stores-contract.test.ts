import type { Directory, IdentityClaims } from '../../../core/messages/ports';
import type { Subscription } from '../../../core/topics/subscriptions/subscription';
import { makeDynamoDirectory } from '../../../lambdas/aws/dynamo-directory';
import { makeDynamoIdentityClaims } from '../../../lambdas/aws/dynamo-identity-claims';
import { makeDynamoResumptions } from '../../../lambdas/aws/dynamo-resumptions';
import { makeDynamoSubscriptionStore } from '../../../lambdas/aws/dynamo-subscription-store';
import { makeDynamoTopicConsumers } from '../../../lambdas/aws/dynamo-topic-consumers';
import { makeDynamoTopicStore } from '../../../lambdas/aws/dynamo-topic-store';
import { noteResumption } from '../../../lambdas/aws/note-resumption';
import { useEmulatedTables } from '../../support/emulated-tables';
import { aConsumer, MemoryDirectory, MemoryIdentityClaims } from '../../support/memory-messages';

const at = '2026-11-20T11:00:00.000Z';
const emulated = useEmulatedTables();
const freshTable = async () => (await emulated.fresh()).registry;

const directories: [string, () => Promise<Directory>][] = [
  ['in memory', async () => new MemoryDirectory()],
  ['on DynamoDB', async () => makeDynamoDirectory(emulated.client, await freshTable())],
];

describe.each(directories)('Directory %s', (_, open) => {
  let directory: Directory;
  beforeEach(async () => {
    directory = await open();
  });

  it('gives each kind numbers of its own, from 1, growing, none twice', async () => {
    const entries = await Promise.all([1, 2, 3].map((n) => directory.enter('topics', { topic: `t${n}` })));
    expect([...entries].sort()).toEqual([1, 2, 3]);
    await expect(directory.enter('consumers', { topic: 't', subscriptionId: 'sub_1' })).resolves.toBe(1);
    await expect(directory.enter('topics', { topic: 't4' })).resolves.toBe(4);
  });

  it('finds what has a number, until it is removed, and never gives that again', async () => {
    const entry = { topic: 't', subscriptionId: 'sub_1' };
    const number = await directory.enter('consumers', entry);
    await expect(directory.find('consumers', number)).resolves.toEqual({ ...entry, number });
    await expect(directory.find('topics', number)).resolves.toBeUndefined();
    await directory.remove('consumers', number);
    await directory.remove('consumers', number);
    await expect(directory.find('consumers', number)).resolves.toBeUndefined();
    await expect(directory.enter('consumers', entry)).resolves.toBe(number + 1);
  });

  it('lists by number, in pages that neither lose nor double', async () => {
    for (let n = 1; n <= 11; n += 1) {
      await directory.enter('topics', { topic: `t${n}` });
    }
    const numbers: number[] = [];
    for (let after: number | undefined; ; ) {
      const { entries, next } = await directory.list('topics', { limit: 4, after });
      numbers.push(...entries.map(({ number }) => number));
      if (next === undefined) {
        break;
      }
      after = next;
    }
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });
});

const stores: [string, () => Promise<IdentityClaims>][] = [
  ['in memory', async () => new MemoryIdentityClaims()],
  ['on DynamoDB', async () => makeDynamoIdentityClaims(emulated.client, await freshTable())],
];

describe.each(stores)('IdentityClaims %s', (_, open) => {
  const identity = {
    topic: 'a/b',
    target: `http://app.test/${'x'.repeat(3000)}`,
    format: 'postoffice',
  } as const;
  const claimOf = (subscriptionId: string) => ({ subscriptionId, at });

  it('lets the first have an identity, and tells the others who it is', async () => {
    const claims = await open();
    const standing = await Promise.all(['a', 'b', 'c'].map((id) => claims.claim(identity, claimOf(id))));
    expect(new Set(standing.map(({ subscriptionId }) => subscriptionId)).size).toBe(1);
    await expect(claims.claim({ ...identity, format: 'pubsub' }, claimOf('d'))).resolves.toEqual(
      claimOf('d'),
    );
    await expect(claims.claim({ ...identity, topic: 'c' }, claimOf('e'))).resolves.toEqual(claimOf('e'));
    await expect(claims.claim({ ...identity, target: 'x' }, claimOf('f'))).resolves.toEqual(claimOf('f'));
  });

  it('puts another claim in the place of the one that stands, and of no other', async () => {
    const claims = await open();
    await expect(claims.replace(identity, claimOf('a'), claimOf('b'))).resolves.toBe(false);
    await claims.claim(identity, claimOf('a'));
    const both = await Promise.all(
      ['b', 'c'].map((id) => claims.replace(identity, claimOf('a'), claimOf(id))),
    );
    expect(both.filter((won) => won)).toHaveLength(1);
    await expect(claims.replace(identity, claimOf('a'), claimOf('d'))).resolves.toBe(false);
  });

  it('knows a claim that was made anew from the one that stood before', async () => {
    const claims = await open();
    const anew = { subscriptionId: 'a', at: '2031-01-01T00:00:00.000Z' };
    await claims.claim(identity, claimOf('a'));
    await expect(claims.replace(identity, claimOf('a'), anew)).resolves.toBe(true);
    await expect(claims.replace(identity, claimOf('a'), claimOf('b'))).resolves.toBe(false);
    await expect(claims.claim(identity, claimOf('c'))).resolves.toEqual(anew);
  });
});

it('claims lie beside their topic and are not taken for consumers of it', async () => {
  const table = await freshTable();
  await makeDynamoTopicStore(emulated.client, table).create({
    key: { door: 'topics', name: 't' },
    createdAt: at,
  });
  const identity = { topic: 't', target: 'x', format: 'postoffice' } as const;
  await makeDynamoIdentityClaims(emulated.client, table).claim(identity, { subscriptionId: 'sub_1', at });
  await expect(makeDynamoTopicConsumers(emulated.client, table).read('t')).resolves.toMatchObject({
    consumers: [],
  });
});

describe('the notes of who was resumed', () => {
  const topic = { door: 'topics', name: 'a/b' } as const;

  it('are written by whoever resumes or deletes a consumer, and by nobody else', async () => {
    const table = await freshTable();
    const store = makeDynamoSubscriptionStore(emulated.client, table);
    const resumptions = makeDynamoResumptions(emulated.client, table);
    const [one, two, other] = [
      aConsumer({ number: 1, topic }),
      aConsumer({ number: 2, topic }),
      aConsumer({ number: 3, topic: { door: 'manage', name: 'orders' } }),
    ] as const;
    await Promise.all([one, two, other].map((subscription) => store.create(subscription)));
    await store.revise(one, { state: 'paused' }, at);
    await store.revise(one, { description: 'x' }, at);
    await expect(resumptions.list()).resolves.toEqual({ resumptions: [] });
    await store.revise(one, { state: 'active' }, at);
    await store.changeState(two, { from: ['active'], to: 'deleted', at });
    await store.revise(other, { state: 'active' }, at);
    await expect(resumptions.list()).resolves.toEqual({
      resumptions: [one, two].map(({ id }) => ({ id, topic, at })),
    });
  });

  it('are forgotten unless they were written again', async () => {
    const table = await freshTable();
    const store = makeDynamoSubscriptionStore(emulated.client, table);
    const resumptions = makeDynamoResumptions(emulated.client, table);
    const one = aConsumer({ topic });
    await store.create(one);
    await store.revise(one, { state: 'active' }, at);
    await store.revise(one, { state: 'active' }, '2026-11-20T12:00:00.000Z');
    await resumptions.forget({ id: one.id, topic, at });
    expect((await resumptions.list()).resumptions).toHaveLength(1);
    await resumptions.forget({ id: one.id, topic, at: '2026-11-20T12:00:00.000Z' });
    expect((await resumptions.list()).resumptions).toEqual([]);
  });

  it('are listed in pages that neither lose nor double', async () => {
    const table = await freshTable();
    const store = makeDynamoSubscriptionStore(emulated.client, table);
    const resumptions = makeDynamoResumptions(emulated.client, table);
    const all = Array.from({ length: 120 }, (_, index) => aConsumer({ number: index + 1, topic }));
    for (const one of all) {
      await noteResumption(emulated.client, table, one, at);
    }
    await store.create(all[0] as Subscription);
    const first = await resumptions.list();
    const second = await resumptions.list(first.next);
    const listed = [...first.resumptions, ...second.resumptions].map(({ id }) => id);
    expect(listed).toEqual(all.map(({ id }) => id));
    expect(second.next).toBeUndefined();
  });
});
