import type { Subscription } from '../../../core/topics/subscriptions/subscription';
import { topicsDialect, topicsMethods } from '../../../lambdas/shared/topics-dialect';
import { type ManageConsumersPorts, makeManageConsumers } from '../../../lambdas/topics/manage-consumers';
import { openDoor } from '../../support/door';
import { authenticate } from '../../support/manage-door';
import {
  MemoryDirectory,
  MemoryIdentityClaims,
  makeMemoryMaker,
  makeMemoryTopicReader,
} from '../../support/memory-messages';
import { MemorySubscriptionStore, MemoryTopicStore } from '../../support/memory-registry';
import { MemoryReplayStore, MemoryRunNumbers } from '../../support/memory-replays';
import { unsignedToken } from '../../support/tokens';

let topics: MemoryTopicStore;
let subscriptions: MemorySubscriptionStore;
let claims: MemoryIdentityClaims;
let replays: MemoryReplayStore;
let ports: ManageConsumersPorts;
let now: Date;

beforeEach(() => {
  topics = new MemoryTopicStore();
  subscriptions = new MemorySubscriptionStore();
  claims = new MemoryIdentityClaims();
  replays = new MemoryReplayStore();
  now = new Date('2026-11-20T12:00:00.000Z');
  let made = 0;
  ports = {
    topics,
    topicConsumers: makeMemoryTopicReader(topics, subscriptions),
    directory: new MemoryDirectory(),
    claims,
    maker: makeMemoryMaker(subscriptions),
    subscriptions,
    replays: { replays, runs: new MemoryRunNumbers() },
    privateTargets: false,
    publishes: true,
    random: (count) => {
      made += 1;
      return new Uint8Array(count).fill(made);
    },
    now: () => now,
  };
});

function call(
  method: string,
  path: string,
  body?: unknown,
  more: { query?: Record<string, string>; token?: string } = {},
) {
  const door = openDoor({
    name: 'manage-consumers',
    dialect: topicsDialect,
    methods: topicsMethods,
    wire: () => makeManageConsumers(ports),
  });
  return door({ method, path, body, headers: { 'content-type': 'application/json' }, ...more });
}

const aTopic = {
  name: 'orders',
  origin_host: 'http://app.test/postoffice/messages/',
  recovery_enabled: true,
};
const aPublisher = {
  active: true,
  topic: 'orders',
  target: 'http://app.test/in',
  type: 'http',
  from_now: true,
};
const invalid = ['is invalid'];
const blank = ["can't be blank"];
const takenAlready = ['has already been taken'];

const live = (): Subscription[] =>
  [...subscriptions.subscriptions.values()].filter(({ state }) => state !== 'deleted');

describe('/api/topics', () => {
  it.each(['/api/topics', '/api/topics/'])(
    'POST %s answers 201 with number and name, and nothing else',
    async (path) => {
      await expect(call('POST', path, aTopic)).resolves.toMatchObject({
        status: 201,
        text: '{"data":{"id":1,"name":"orders"}}',
      });
      expect(await topics.find({ door: 'topics', name: 'orders' })).toEqual({
        key: { door: 'topics', name: 'orders' },
        number: 1,
        recovery: { originHost: aTopic.origin_host, enabled: true },
        createdBy: 'anonymous',
        createdAt: now.toISOString(),
      });
    },
  );

  it('answers 409 to a name that is taken, and leaves the topic as it is', async () => {
    await call('POST', '/api/topics', aTopic);
    const reply = await call('POST', '/api/topics', {
      ...aTopic,
      origin_host: 'http://other',
      recovery_enabled: false,
    });
    expect(reply).toMatchObject({ status: 409, json: { data: { errors: { name: takenAlready } } } });
    await expect(call('GET', '/api/topics/1')).resolves.toMatchObject({
      json: { data: { origin_host: aTopic.origin_host } },
    });
  });

  it.each([
    [{}, { name: blank, origin_host: blank }],
    [
      { name: ' ', origin_host: null },
      { name: blank, origin_host: blank },
    ],
    [
      { name: 1, origin_host: [] },
      { name: invalid, origin_host: invalid },
    ],
    [{ ...aTopic, recovery_enabled: 'maybe' }, { recovery_enabled: invalid }],
    [{ ...aTopic, name: 'x'.repeat(256) }, { name: ['should be at most 255 character(s)'] }],
    [{ ...aTopic, name: '\ud800' }, { name: invalid }],
  ])('answers 400 to %j, field by field', async (body, errors) => {
    await expect(call('POST', '/api/topics', body)).resolves.toMatchObject({
      status: 400,
      json: { data: { errors } },
    });
    expect(topics.topics.size).toBe(0);
  });

  it.each(['a/b # ü 😀', 'profile.updated', '*', 'orders.*', 'x'.repeat(255)])(
    'takes %s for a name: doors are apart',
    async (name) => {
      await expect(call('POST', '/api/topics', { ...aTopic, name })).resolves.toMatchObject({
        json: { data: { name } },
      });
      await expect(call('POST', '/api/publishers', { ...aPublisher, topic: name })).resolves.toMatchObject({
        status: 201,
      });
    },
  );

  it.each([
    ['true', true],
    ['0', false],
    [null, false],
    [undefined, false],
  ])('casts a recovery_enabled of %j as the original does', async (given, enabled) => {
    await call('POST', '/api/topics', { ...aTopic, recovery_enabled: given });
    await expect(call('GET', '/api/topics/1')).resolves.toMatchObject({
      json: { data: { recovery_enabled: enabled } },
    });
  });

  it('lists what there is, page by page, and one by its number', async () => {
    for (const name of ['a', 'b', 'c']) {
      await call('POST', '/api/topics', { ...aTopic, name });
    }
    const shown = (id: number, name: string) => ({ ...aTopic, id, name });
    const first = await call('GET', '/api/topics/', undefined, { query: { limit: '2' } });
    expect(first.json).toEqual({ data: [shown(1, 'a'), shown(2, 'b')], next: '2' });
    const second = await call('GET', '/api/topics', undefined, {
      query: { limit: '2', after: first.json.next },
    });
    expect(second.json).toEqual({ data: [shown(3, 'c')] });
    await expect(call('GET', '/api/topics/2/')).resolves.toMatchObject({
      status: 200,
      json: { data: shown(2, 'b') },
    });
    await expect(call('GET', '/api/topics/9')).resolves.toMatchObject({
      status: 404,
      json: { errors: { detail: 'Not Found' } },
    });
    await expect(call('GET', '/api/topics', undefined, { query: { limit: '0' } })).resolves.toMatchObject({
      status: 400,
      json: { data: { errors: { limit: ['must be greater than 0'] } } },
    });
  });

  it('changes where and whether messages are recovered, and nothing else', async () => {
    await call('POST', '/api/topics', aTopic);
    const changed = { ...aTopic, id: 1, recovery_enabled: false };
    await expect(
      call('PATCH', '/api/topics/1', { recovery_enabled: false, name: 'x' }),
    ).resolves.toMatchObject({
      status: 200,
      json: { data: changed },
    });
    await expect(call('PATCH', '/api/topics/1', { origin_host: 'http://b/' })).resolves.toMatchObject({
      json: { data: { ...changed, origin_host: 'http://b/' } },
    });
    await expect(call('PATCH', '/api/topics/1', { origin_host: '' })).resolves.toMatchObject({ status: 400 });
    await expect(call('PATCH', '/api/topics/7', {})).resolves.toMatchObject({ status: 404 });
  });
});

describe('/api/publishers', () => {
  beforeEach(() => call('POST', '/api/topics', aTopic));

  it.each(['/api/publishers', '/api/publishers/'])(
    'POST %s answers 201 without an id, as the original',
    async (path) => {
      await expect(call('POST', path, aPublisher)).resolves.toMatchObject({
        status: 201,
        text: '{"data":{}}',
      });
      expect(live()).toMatchObject([
        {
          topic: { door: 'topics', name: 'orders' },
          target: aPublisher.target,
          format: 'postoffice',
          state: 'active',
          consumer: { number: 1 },
        },
      ]);
      expect(live()[0]).not.toHaveProperty('replaying');
    },
  );

  it('is paused where nobody says that it is active', async () => {
    const { active: _, ...rest } = aPublisher;
    await call('POST', '/api/publishers', rest);
    expect(live()[0]?.state).toBe('paused');
  });

  it('answers 409 to topic, target and type that there are, writes nothing and changes nothing', async () => {
    await call('POST', '/api/publishers', aPublisher);
    const before = structuredClone([...subscriptions.subscriptions]);
    const again = await call('POST', '/api/publishers', {
      ...aPublisher,
      active: false,
      seconds_timeout: 20,
    });
    expect(again).toMatchObject({ status: 409, json: { data: { errors: { target: takenAlready } } } });
    expect([...subscriptions.subscriptions]).toEqual(before);
    await expect(call('GET', '/api/publishers')).resolves.toMatchObject({ json: { data: [{ id: 1 }] } });
  });

  it('makes one of calls at the same moment', async () => {
    const replies = await Promise.all([1, 2, 3].map(() => call('POST', '/api/publishers', aPublisher)));
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    expect(live()).toHaveLength(1);
    const listed = await call('GET', '/api/publishers');
    expect(listed.json.data).toHaveLength(1);
  });

  it.each([
    [{ ...aPublisher, topic: 'nothing', type: 'x' }, { topic: invalid }],
    [{ type: 'http' }, { topic: blank }],
    [{ topic: 'orders' }, { target: blank, type: blank }],
    [{ ...aPublisher, type: 'smtp' }, { type: invalid }],
    [{ ...aPublisher, active: null }, { active: blank }],
    [{ ...aPublisher, seconds_timeout: '1.5' }, { seconds_timeout: invalid }],
    [{ ...aPublisher, seconds_retry: 0 }, { seconds_retry: ['must be greater than 0'] }],
    [{ ...aPublisher, chunk_size: 1001 }, { chunk_size: ['must be less than or equal to 1000'] }],
    [{ ...aPublisher, target: 'http://' }, { target: invalid }],
    [{ ...aPublisher, target: 'arn:aws:sqs:eu-west-1:123456789012:q' }, { target: invalid }],
    [
      { ...aPublisher, target: 'http://169.254.169.254/latest' },
      { target: [expect.stringContaining('metadata')] },
    ],
    [{ ...aPublisher, target: '127.0.0.1:8000/in' }, { target: [expect.stringContaining('address')] }],
    [{ ...aPublisher, target: 'ftp://app.test' }, { target: [expect.any(String)] }],
  ])('answers 400 to %j, field by field, and keeps nothing', async (body, errors) => {
    await expect(call('POST', '/api/publishers', body)).resolves.toMatchObject({
      status: 400,
      json: { data: { errors } },
    });
    expect(live()).toEqual([]);
    expect(claims.claims.size).toBe(0);
  });

  it('refuses the type pubsub where the stage publishes nowhere, in words for whoever runs it', async () => {
    ports = { ...ports, publishes: false };
    await call('POST', '/api/topics', aTopic);
    const reply = await call('POST', '/api/publishers', { ...aPublisher, type: 'pubsub' });
    const type = ['pubsub needs the setting "pubsub" of this stage, which is not set'];
    expect(reply).toMatchObject({ status: 400, json: { data: { errors: { type } } } });
    expect(live()).toEqual([]);
    await expect(call('POST', '/api/publishers', aPublisher)).resolves.toMatchObject({ status: 201 });
  });

  it('takes any target of type pubsub for the name of a topic there, and texts for numbers and truths', async () => {
    const body = {
      ...aPublisher,
      type: 'pubsub',
      target: 'http://127.0.0.1/',
      active: '1',
      chunk_size: '100',
    };
    await expect(call('POST', '/api/publishers', body)).resolves.toMatchObject({ status: 201 });
    await expect(call('GET', '/api/publishers/1')).resolves.toMatchObject({
      json: {
        data: {
          id: 1,
          topic: 'orders',
          target: 'http://127.0.0.1/',
          type: 'pubsub',
          active: true,
          seconds_timeout: 5,
          seconds_retry: null,
          chunk_size: 100,
        },
      },
    });
  });

  it.each([false, 'false', 0, '0'])('sends the history first where from_now is %j', async (from_now) => {
    await call('POST', '/api/publishers', { ...aPublisher, from_now });
    expect(live()).toMatchObject([{ replaying: 1 }]);
    expect([...replays.replays.values()]).toMatchObject([{ run: 1, holdsLive: true, state: 'running' }]);
  });

  it.each([true, 'x', null, {}])('sends none where it is %j', async (from_now) => {
    await call('POST', '/api/publishers', { ...aPublisher, from_now });
    expect(live()).toHaveLength(1);
    expect(replays.replays.size).toBe(0);
  });

  it('deletes by number, once; the name is free, and what is made anew is another with a history of its own', async () => {
    await call('POST', '/api/publishers', aPublisher);
    const nothing = { status: 400, json: { data: { errors: 'Anything has wrong' } } };
    await expect(call('DELETE', '/api/publishers/7')).resolves.toMatchObject(nothing);
    await expect(call('DELETE', '/api/publishers/seven')).resolves.toMatchObject({
      status: 400,
      json: { errors: { detail: 'Bad Request' } },
    });
    await expect(call('DELETE', '/api/publishers/1/')).resolves.toMatchObject({ status: 204, text: '' });
    await expect(call('DELETE', '/api/publishers/1')).resolves.toMatchObject(nothing);
    await expect(call('POST', '/api/publishers', { ...aPublisher, from_now: false })).resolves.toMatchObject({
      status: 201,
    });
    const [first, second] = [...subscriptions.subscriptions.values()];
    expect(second?.id).not.toBe(first?.id);
    expect(replays.replays.size).toBe(1);
    await expect(call('GET', '/api/publishers')).resolves.toMatchObject({ json: { data: [{ id: 2 }] } });
  });

  it('finishes what a call that crashed began, and gives it up after a day', async () => {
    const identity = { topic: 'orders', target: aPublisher.target, format: 'postoffice' } as const;
    await claims.claim(identity, { subscriptionId: 'sub_crashed', at: now.toISOString() });
    now = new Date(now.getTime() + 60_000);
    await expect(call('POST', '/api/publishers', aPublisher)).resolves.toMatchObject({ status: 201 });
    expect(live()).toMatchObject([{ id: 'sub_crashed' }]);
    subscriptions.subscriptions.delete('sub_crashed');
    now = new Date(now.getTime() + 25 * 3_600_000);
    await expect(call('POST', '/api/publishers', aPublisher)).resolves.toMatchObject({ status: 201 });
    expect(live()[0]?.id).not.toBe('sub_crashed');
  });

  it('lists the consumers of a topic, page by page', async () => {
    await call('POST', '/api/topics', { ...aTopic, name: 'other' });
    await call('POST', '/api/publishers', { ...aPublisher, topic: 'other' });
    for (const path of ['a', 'b', 'c']) {
      await call('POST', '/api/publishers', { ...aPublisher, target: `http://app.test/${path}` });
    }
    const page = (query: Record<string, string>) => call('GET', '/api/publishers', undefined, { query });
    const ids = (reply: { json: { data: { id: number }[] } }) => reply.json.data.map(({ id }) => id);
    const first = await page({ topic: 'orders', limit: '2' });
    expect([ids(first), first.json.next]).toEqual([[2, 3], '3']);
    expect(ids(await page({ topic: 'orders', limit: '2', after: '3' }))).toEqual([4]);
    expect(ids(await page({ topic: 'nothing' }))).toEqual([]);
    expect(ids(await page({}))).toEqual([1, 2, 3, 4]);
  });

  it('changes what is given', async () => {
    await call('POST', '/api/publishers', { ...aPublisher, seconds_retry: 30 });
    const patch = (body: object) => call('PATCH', '/api/publishers/1', body);
    await expect(patch({ active: false })).resolves.toMatchObject({
      status: 200,
      json: { data: { id: 1, active: false, seconds_retry: 30 } },
    });
    expect(live()[0]).toMatchObject({ state: 'paused', policy: { repeatSeconds: 30 } });
    await expect(patch({ active: true, seconds_retry: null, seconds_timeout: 9 })).resolves.toMatchObject({
      json: { data: { active: true, seconds_retry: null, seconds_timeout: 9 } },
    });
    expect(live()[0]?.policy).toMatchObject({ timeoutSeconds: 9, jitter: 0.1 });
    expect(live()[0]?.policy).not.toHaveProperty('repeatSeconds');
    await expect(patch({ active: null })).resolves.toMatchObject({
      status: 400,
      json: { data: { errors: { active: blank } } },
    });
    await expect(call('PATCH', '/api/publishers/9', {})).resolves.toMatchObject({ status: 404 });
  });

  it('leads a consumer elsewhere: the new name is taken then, the old one free', async () => {
    const b = 'http://app.test/b';
    await call('POST', '/api/publishers', aPublisher);
    await call('POST', '/api/publishers', { ...aPublisher, target: b });
    await expect(call('PATCH', '/api/publishers/1', { target: b })).resolves.toMatchObject({ status: 409 });
    await call('DELETE', '/api/publishers/2');
    await expect(call('PATCH', '/api/publishers/1', { target: b })).resolves.toMatchObject({
      json: { data: { target: b } },
    });
    await expect(call('POST', '/api/publishers', { ...aPublisher, target: b })).resolves.toMatchObject({
      status: 409,
    });
    await expect(call('POST', '/api/publishers', aPublisher)).resolves.toMatchObject({ status: 201 });
    await expect(call('PATCH', '/api/publishers/1', { target: 'http://10.0.0.1/' })).resolves.toMatchObject({
      status: 400,
    });
  });

  describe('of calls at the same moment', () => {
    const b = 'http://app.test/b';
    const patch = (body: object) => call('PATCH', '/api/publishers/1', body);

    /** Another call comes between the claim of a name, or the reading of a consumer, and its change. */
    function atChange(other: () => Promise<unknown>): void {
      const revise = subscriptions.revise.bind(subscriptions);
      jest.spyOn(subscriptions, 'revise').mockImplementationOnce(async (...given) => {
        await other();
        return revise(...given);
      });
    }

    beforeEach(async () => {
      await call('POST', '/api/publishers', aPublisher);
      now = new Date(now.getTime() + 1000);
    });

    it.each([false, true])(
      'a name that a consumer is on its way to is taken, also where it had it before (%s)',
      async (hadIt) => {
        const target = hadIt ? aPublisher.target : b;
        if (hadIt) {
          await patch({ target: b });
          now = new Date(now.getTime() + 1000);
        }
        atChange(async () => {
          await expect(call('POST', '/api/publishers', { ...aPublisher, target })).resolves.toMatchObject({
            status: 409,
          });
        });
        await expect(patch({ target })).resolves.toMatchObject({ json: { data: { target } } });
        expect(live().map((one) => one.target)).toEqual([target]);
      },
    );

    it('a name that a consumer never came to, because its call crashed, is free after a minute', async () => {
      jest.spyOn(subscriptions, 'revise').mockRejectedValueOnce(new Error('away'));
      await expect(patch({ target: b })).resolves.toMatchObject({ status: 500 });
      const make = () => call('POST', '/api/publishers', { ...aPublisher, target: b });
      await expect(make()).resolves.toMatchObject({ status: 409 });
      now = new Date(now.getTime() + 61_000);
      await expect(make()).resolves.toMatchObject({ status: 201 });
      await expect(patch({ target: b })).resolves.toMatchObject({ status: 409 });
    });

    it('pausing leaves the numbers as another call has just made them', async () => {
      atChange(() => patch({ seconds_timeout: 7 }));
      await expect(patch({ active: false })).resolves.toMatchObject({
        json: { data: { active: false, seconds_timeout: 7 } },
      });
    });
  });

  it.each([
    ['format', { format: 'cloudevents' }],
    ['credentials', { credentials: { type: 'bearer', token: 's3cret' } }],
    ['headers', { headers: { 'x-key': 's3cret' } }],
  ] as const)('leaves the target to the owner who has given a consumer its %s', async (_, changes) => {
    await call('POST', '/api/topics', aTopic);
    await call('POST', '/api/publishers', aPublisher);
    const [made] = [...subscriptions.subscriptions.values()];
    await subscriptions.revise(made as Subscription, changes, now.toISOString());
    await expect(
      call('PATCH', '/api/publishers/1', { target: 'https://elsewhere.example/' }),
    ).resolves.toMatchObject({ status: 400, json: { data: { errors: { target: [expect.any(String)] } } } });
    const { target } = aPublisher;
    await expect(call('PATCH', '/api/publishers/1', { target, active: false })).resolves.toMatchObject({
      status: 200,
      json: { data: { target, active: false } },
    });
  });
});

describe('the topics door', () => {
  it.each([
    ['PUT', '/api/topics'],
    ['DELETE', '/api/topics/1'],
    ['POST', '/api/publishers/1'],
    ['GET', '/api/publishers/1/x'],
  ])('%s %s is not found', async (method, path) => {
    const reply = await call(method, path);
    expect(reply).toMatchObject({ status: 404, json: { errors: { detail: 'Not Found' } } });
  });

  it('wants a principal with the scope where the stage wants one, who owns what it makes', async () => {
    ports = { ...ports, authenticate };
    const as = (scope: string) => ({ token: unsignedToken({ sub: 'app', scope }) });
    await expect(call('POST', '/api/topics', aTopic)).resolves.toMatchObject({ status: 401 });
    await expect(call('POST', '/api/topics', aTopic, as('topics:read'))).resolves.toMatchObject({
      status: 403,
    });
    await expect(call('POST', '/api/topics', aTopic, as('topics:write'))).resolves.toMatchObject({
      status: 201,
    });
    await expect(call('GET', '/api/topics', undefined, as('topics:write'))).resolves.toMatchObject({
      status: 403,
    });
    await call('POST', '/api/publishers', aPublisher, as('subscriptions:write'));
    expect(live()).toMatchObject([{ owner: 'app' }]);
  });
});
