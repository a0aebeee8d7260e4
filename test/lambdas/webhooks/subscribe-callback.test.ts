import { randomBytes } from 'node:crypto';
import { registerAccount } from '../../../core/accounts/register-account';
import { vetUrl } from '../../../core/webhooks/targets/network-guard';
import { makeAdsDialect } from '../../../lambdas/shared/ads-dialect';
import { makeSubscribeCallback } from '../../../lambdas/webhooks/subscribe-callback';
import { errorText, headerRefusals, openCallbackDoor } from '../../support/callback-doors';
import { MemoryAccountStore, MemoryKeyStore, memoryCallbacks } from '../../support/memory-accounts';
import { MemorySubscriptionStore } from '../../support/memory-registry';

const at = '2026-11-20T12:00:00.000Z';
const url = 'https://hooks.example/ads?key=1';

let keys: MemoryKeyStore;
let subscriptions: MemorySubscriptionStore;
let ada: string;
let eve: string;
let subscribe: ReturnType<typeof openCallbackDoor>;

beforeEach(async () => {
  const accounts = new MemoryAccountStore();
  keys = new MemoryKeyStore();
  subscriptions = new MemorySubscriptionStore();
  const register = (userId: string) => registerAccount({ userId }, { accounts, keys, stageSecret: 's' }, at);
  [ada, eve] = [await register('ada'), await register('eve')];
  subscribe = openCallbackDoor(
    {
      name: 'subscribe-callback',
      dialect: makeAdsDialect(401),
      methods: ['POST'],
      wire: () =>
        makeSubscribeCallback({
          credentials: keys.credentials,
          subscriptions: memoryCallbacks(subscriptions),
          random: randomBytes,
          now: () => new Date(at),
        }),
    },
    ada,
  );
});

const stored = () => [...subscriptions.subscriptions.values()];
const created = { status: 200, text: '200\n' };
const known = { status: 200, text: '{"warning": "subscription already exists"}\n' };

describe('POST /subscribe', () => {
  it('makes a subscription of the account with the policy of the original', async () => {
    expect(await subscribe({ body: { event: 'relation_added', url } })).toMatchObject(created);
    expect(stored()).toEqual([
      expect.objectContaining({
        id: expect.stringMatching(/^sub_[0-9A-Za-z]{16}$/),
        topic: { door: 'webhooks', name: 'relation_added' },
        owner: expect.stringMatching(/^acc_/),
        target: url,
        format: 'ads',
        state: 'active',
        policy: {
          success: '200',
          finalStatuses: [],
          scheduleSeconds: [],
          jitter: 0,
          timeoutSeconds: 15,
          circuit: false,
          disable: { failures: 5, counts: 'ever' },
        },
        secrets: [{ secret: expect.stringMatching(/^whsec_/) }],
      }),
    ]);
  });

  it('makes it once, whether it is active or not, and again when it was deleted', async () => {
    const body = { event: 'relation_added', url };
    await subscribe({ body });
    expect(await subscribe({ body })).toMatchObject(known);
    const [one] = stored();
    await subscriptions.changeState(one!, { from: ['active'], to: 'disabled', at });
    expect(await subscribe({ body })).toMatchObject(known);
    expect(stored()[0]?.state).toBe('disabled');
    await subscriptions.changeState(one!, { from: ['disabled'], to: 'deleted', at });
    expect(await subscribe({ body })).toMatchObject(created);
    expect(stored()).toHaveLength(1);
  });

  it('tells accounts, events and urls apart, and nothing else', async () => {
    const bodies = [
      { event: 'a', url },
      { event: 'A', url },
      { event: 'a', url: `${url}2` },
    ];
    for (const body of bodies) {
      expect(await subscribe({ body })).toMatchObject(created);
      expect(await subscribe({ body: { ...body, extra: 1 } })).toMatchObject(known);
    }
    expect(await subscribe({ body: bodies[0], authorization: `Bearer ${eve}` })).toMatchObject(created);
    expect(stored()).toHaveLength(4);
  });

  it.each([
    'not a url',
    '',
    'ftp://x',
    'http://169.254.169.254/',
    'javascript:alert(1)',
    '\ud800',
    'x'.repeat(9000),
  ])('takes any text as url: %#', async (text) => {
    expect(await subscribe({ body: { event: 'a', url: text } })).toMatchObject(created);
    expect(stored()[0]?.target).toBe(text);
    expect(vetUrl(text, false).ok && !text.startsWith('http')).toBe(false);
  });

  it.each(['', null, 5, 1.5, true, 'a/b#c:d*?', '*', 'user.*', '\n\t\u0000', 'ü'.repeat(200), '\ud800'])(
    'takes %j as an event, under a name that a key can hold',
    async (event) => {
      expect(await subscribe({ body: { event, url } })).toMatchObject(created);
      expect(await subscribe({ body: { event, url } })).toMatchObject(known);
      const { name } = stored()[0]!.topic;
      expect(Buffer.byteLength(name)).toBeGreaterThan(0);
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
      expect(Buffer.from(name).toString()).toBe(name);
      expect(stored()[0]!.topic).not.toHaveProperty('isPattern');
    },
  );

  it('takes a number for its text, and null for no text', async () => {
    await subscribe({ body: { event: '5', url } });
    expect(await subscribe({ body: { event: 5, url } })).toMatchObject(known);
    await subscribe({ body: { event: null, url } });
    expect(await subscribe({ body: { event: 'null', url } })).toMatchObject(created);
  });

  it.each([
    ['{"event":"a"}'],
    ['{"url":"a"}'],
    ['[]'],
    ['nonsense'],
    [''],
    ['{"event":"a","url":"b"} trailing'],
  ])('refuses %s in the words of the original', async (body) => {
    expect(await subscribe({ body })).toMatchObject({
      status: 401,
      text: '{"error": "incorrect submission data was provided"}\n',
    });
    expect(await subscribe({ body: { event: 'a', url }, contentType: 'text/plain' })).toMatchObject({
      status: 401,
    });
    expect(stored()).toEqual([]);
  });

  it.each([
    [{ event: ['a'], url }],
    [{ event: {}, url }],
    [{ event: 'a', url: [] }],
    [{ event: 'a', url: {} }],
  ])('answers as the original failed for %j, and keeps nothing', async (body) => {
    expect(await subscribe({ body })).toMatchObject({
      status: 500,
      text: '{"message": "Internal Server Error"}\n',
    });
    expect(stored()).toEqual([]);
  });

  it.each(headerRefusals)('refuses the header %j', async (authorization, error) => {
    expect(await subscribe({ authorization })).toMatchObject({
      status: 401,
      text: errorText(error),
    });
  });

  it('refuses a token that is unknown, blocked or may not subscribe', async () => {
    const wrong = { status: 401, text: '{"error": "incorrect subscription token was provided"}\n' };
    const body = { event: 'a', url };
    for (const authorization of [
      'Bearer x',
      'Bearer 6ba7b810-9dad-41d1-80b4-00c04fd430c8',
      `Bearer ${ada}x`,
    ]) {
      expect(await subscribe({ authorization, body })).toMatchObject(wrong);
    }
    const [hash, credential] = [...keys.proved][0]!;
    for (const changes of [{ isBlocked: true }, { expiresAt: at }, { scopes: ['subscriptions:read'] }]) {
      keys.proved.set(hash, { ...credential, ...changes });
      expect(await subscribe({ body })).toMatchObject(wrong);
    }
  });
});
