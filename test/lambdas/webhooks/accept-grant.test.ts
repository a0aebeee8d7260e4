import type { Confirmation } from '../../../core/topics/subscriptions/confirmation';
import { callbackHash } from '../../../core/webhooks/confirmation/callback-hash';
import { grantMethods, makeAcceptGrant } from '../../../lambdas/webhooks/accept-grant';
import { openManageDoor } from '../../support/manage-door';
import { MemorySubscriptionStore } from '../../support/memory-registry';
import { aSubscription } from '../../support/subscriptions';

const now = new Date('2026-11-20T12:00:00.000Z');
const keys = ['k'.repeat(43), 'l'.repeat(43)] as const;
const confirmation: Confirmation = {
  id: 'c1',
  state: 'pending',
  origin: 'api.example',
  callbackUrl: 'https://api.example/confirmations',
  askedAt: '2026-11-20T11:00:00.000Z',
  attempts: 2,
  nextAt: '2026-11-20T12:30:00.000Z',
  callbackHashes: keys.map(callbackHash),
  lastFailure: 'no_grant',
  lastStatus: 200,
  revision: 5,
};
const id = 'sub_0000000000000001';

let store: MemorySubscriptionStore;
const found = () => store.subscriptions.get(id)?.confirmation;
const seed = (changes: Parameters<typeof aSubscription>[0] = {}) =>
  store.create(aSubscription({ id, format: 'cloudevents', confirmation, ...changes }));
const bring = (query: Record<string, string>, headers: Record<string, string> = {}, method = 'GET') => {
  const ports = { subscriptions: store, confirmations: store, now: () => now };
  const door = openManageDoor('accept-grant', grantMethods, makeAcceptGrant(ports), '');
  return door(method, '/confirmations', { query, headers, scope: null });
};

beforeEach(() => {
  store = new MemorySubscriptionStore();
});

describe('accept-grant', () => {
  it.each(['GET', 'POST'])(
    'takes a grant by %s, with any of the keys that were handed out',
    async (method) => {
      await seed();
      const answer = await bring({ id, key: keys[0] }, {}, method);
      expect(answer).toMatchObject({
        status: 200,
        body: { granted: true },
        headers: { 'cache-control': 'no-store' },
      });
      expect(found()).toEqual({
        id: 'c1',
        ...{ state: 'granted', grantedAt: now.toISOString(), grantedBy: 'callback' },
        ...{ origin: 'api.example', callbackUrl: confirmation.callbackUrl, askedAt: confirmation.askedAt },
        ...{ attempts: 2, callbackHashes: confirmation.callbackHashes, revision: 6 },
      });
    },
  );

  it('takes the rate with it', async () => {
    await seed();
    await bring({ id, key: keys[1] }, { 'WebHook-Allowed-Rate': '120' });
    expect(found()?.ratePerMinute).toBe(120);
  });

  it.each(['0', '-1', '1.5', 'fast', '', '1, 0', '9'.repeat(12)])('refuses the rate %j', async (rate) => {
    await seed();
    const answer = await bring({ id, key: keys[0] }, { 'WebHook-Allowed-Rate': rate });
    expect(answer).toMatchObject({ status: 400, body: { code: 'parameter_invalid' } });
    expect(found()?.state).toBe('pending');
  });

  it('is no way to change a grant that was given', async () => {
    await seed();
    await bring({ id, key: keys[0] }, { 'WebHook-Allowed-Rate': '120' });
    expect((await bring({ id, key: keys[0] }, { 'WebHook-Allowed-Rate': '1' })).status).toBe(200);
    expect((await bring({ id, key: keys[1] })).status).toBe(200);
    expect(found()).toMatchObject({ ratePerMinute: 120, revision: 6 });
  });

  it('takes one also when the target is not asked any more', async () => {
    await seed({ confirmation: { ...confirmation, state: 'refused' } });
    expect((await bring({ id, key: keys[0] })).status).toBe(200);
    expect(found()?.state).toBe('granted');
  });

  it('knows no other key, and says the same of all that it does not know', async () => {
    await seed();
    const answers = [
      await bring({ id, key: 'k'.repeat(42) }),
      await bring({ id, key: callbackHash(keys[0]) }),
      await bring({ id: 'sub_0000000000000002', key: keys[0] }),
      await bring({ id: '../x', key: keys[0] }),
    ];
    await seed({
      id: 'sub_0000000000000003',
      confirmation: { ...confirmation, id: 'c2', callbackHashes: [] },
    });
    answers.push(await bring({ id: 'sub_0000000000000003', key: keys[0] }));
    await seed({ id: 'sub_0000000000000004', state: 'deleted' });
    answers.push(await bring({ id: 'sub_0000000000000004', key: keys[0] }));
    await seed({ id: 'sub_0000000000000005', format: 'standard' });
    answers.push(await bring({ id: 'sub_0000000000000005', key: keys[0] }));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
    expect(new Set(answers.map(({ body }) => body.detail)).size).toBe(1);
    expect(found()?.state).toBe('pending');
  });

  it('wants both parameters, and no other method', async () => {
    expect(await bring({ id })).toMatchObject({ status: 400, body: { code: 'parameter_missing' } });
    expect(await bring({ key: keys[0] })).toMatchObject({ status: 400 });
    expect((await bring({ id, key: keys[0] }, {}, 'PUT')).status).toBe(405);
  });

  it('is granted though a worker writes at the same moment', async () => {
    await seed();
    const { find } = store;
    let reads = 0;
    store.find = async (...given) => {
      const read = await find.apply(store, given);
      reads += 1;
      if (reads === 1) {
        await store.write(aSubscription({ id }), { ...confirmation, attempts: 3, revision: 6 });
      }
      return read;
    };
    expect((await bring({ id, key: keys[0] })).status).toBe(200);
    expect(found()).toMatchObject({ state: 'granted', attempts: 3, revision: 7 });
  });
});
