import type { APIGatewayProxyEvent } from 'aws-lambda';
import fc from 'fast-check';
import type { TopicSelector } from '../../../../core/events/event';
import type { PrivateTargets } from '../../../../core/webhooks/targets/network-guard';
import { noOwnTargets } from '../../../../core/webhooks/targets/target-arn';
import {
  makeManageSubscriptions,
  handler as manageSubscriptions,
  subscriptionMethods,
} from '../../../../lambdas/manage/subscriptions/manage-subscriptions';
import { handler as manageTopics } from '../../../../lambdas/manage/topics/manage-topics';
import { createTables, type Emulators, startEmulators, useEmulators } from '../../../support/emulators';
import { authenticate, type DoorAnswer, openManageDoor } from '../../../support/manage-door';
import {
  MemoryDeliveryQueue,
  MemoryEventHistory,
  MemoryFanOutMarkers,
} from '../../../support/memory-dispatch';
import { MemorySubscriptionStore, MemoryTopicStore } from '../../../support/memory-registry';
import { MemoryReplayStore, MemoryRunNumbers } from '../../../support/memory-replays';
import { trustingEnvironment, unsignedToken } from '../../../support/tokens';

const now = Date.parse('2026-11-20T12:00:00.000Z');
const scopes = 'subscriptions:read subscriptions:write';
const target = 'https://hooks.example/orders?key=1';

let subscriptions: MemorySubscriptionStore;
let queue: MemoryDeliveryQueue;
let history: MemoryEventHistory;
let markers: MemoryFanOutMarkers;
let time = now;
let topics: MemoryTopicStore;
let replayStore: MemoryReplayStore;
let door: ReturnType<typeof openManageDoor>;

beforeEach(async () => {
  topics = new MemoryTopicStore();
  await topics.create({ key: { door: 'manage', name: 'orders' }, createdAt: '2026-11-20T10:00:00.000Z' });
  subscriptions = new MemorySubscriptionStore();
  replayStore = new MemoryReplayStore();
  queue = new MemoryDeliveryQueue();
  history = new MemoryEventHistory();
  markers = new MemoryFanOutMarkers();
  time = now;
  door = openDoor(false);
});

function openDoor(privateTargets: PrivateTargets) {
  let seed = 1;
  const random = (count: number) =>
    Uint8Array.from({ length: count }, () => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed % 256;
    });
  const replays = { replays: replayStore, runs: new MemoryRunNumbers() };
  const rules = { privateTargets, ownTargets: noOwnTargets, publicBaseUrl: '' };
  const stores = { topics, subscriptions, markers, history, queue, confirmations: queue };
  const ports = { ...stores, replays, ...rules, authenticate, random, now: () => time };
  return openManageDoor('manage-subscriptions', subscriptionMethods, makeManageSubscriptions(ports), scopes);
}

const create = (body: object, subject?: string) =>
  door('POST', '/v1/subscriptions', { body, ...(subject && { subject }) });
const order = (differences: object = {}) => create({ topic: 'orders', target, ...differences });
const one = (method: string, id: string, call: object = {}): Promise<DoorAnswer> =>
  door(method, '/v1/subscriptions/{id}', { parameters: { id: encodeURIComponent(id) }, ...call });

describe('manage-subscriptions, making one with a replay', () => {
  it('prepares the replay first, and holds live deliveries until it has run', async () => {
    const order: string[] = [];
    const [create, prepare] = [subscriptions.create, replayStore.create];
    subscriptions.create = async (made) => {
      order.push('subscription');
      return create.call(subscriptions, made);
    };
    replayStore.create = async (made) => {
      order.push('replay');
      return prepare.call(replayStore, made);
    };
    const made = await door('POST', '/v1/subscriptions', {
      body: { topic: 'orders', target, replay_from: '2026-11-19T10:00:00+01:00' },
    });
    expect(made).toMatchObject({ status: 201, body: { state: 'active', replaying: 1 } });
    expect(order).toEqual(['replay', 'subscription']);
    const replay = await replayStore.find({ subscriptionId: made.body.id, run: 1 });
    expect(replay).toMatchObject({ from: '2026-11-19T09:00:00.000Z', holdsLive: true, state: 'running' });
    expect((await one('GET', made.body.id)).body.replaying).toBe(1);
    const whole = await door('POST', '/v1/subscriptions', {
      body: { topic: 'orders', target, replay_from: 'start' },
    });
    expect(await replayStore.find({ subscriptionId: whole.body.id, run: 1 })).not.toHaveProperty('from');
  });

  it.each(['', 'yesterday', '2026-11-20', '2026-11-20T12:00:00.001Z', 5, null])(
    'refuses to begin at %j, and stores nothing',
    async (replay_from) => {
      const refused = await door('POST', '/v1/subscriptions', {
        body: { topic: 'orders', target, replay_from },
      });
      expect(refused).toMatchObject({ status: 400, body: { code: 'body_invalid' } });
      expect([subscriptions.subscriptions.size, replayStore.replays.size]).toEqual([0, 0]);
    },
  );
});

describe('manage-subscriptions, making one', () => {
  it('answers with the subscription, its secret this once, and where it is', async () => {
    const made = await order();
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: expect.stringMatching(/^sub_[0-9A-Za-z]{16}$/),
      topic: 'orders',
      target,
      format: 'standard',
      state: 'active',
      signature: 'v1',
      headers: {},
      policy: {
        success: '2xx',
        final_statuses: [410],
        schedule_seconds: [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400],
        jitter: 0.2,
        timeout_seconds: 15,
        concurrency: null,
        rate_per_second: null,
        circuit: true,
        disable: { hours: 120, counts: 'in_a_row' },
      },
      created_at: '2026-11-20T12:00:00.000Z',
      updated_at: '2026-11-20T12:00:00.000Z',
      secret: expect.stringMatching(/^whsec_/),
    });
    expect(Buffer.from(made.body.secret.slice(6), 'base64')).toHaveLength(32);
    const base = 'https://host.example/prod/v1/subscriptions';
    expect(new URL(made.headers.location as string, base).pathname).toBe(
      `/prod/v1/subscriptions/${made.body.id}`,
    );
    expect(subscriptions.subscriptions.get(made.body.id)?.owner).toBe('alice');
  });

  it('never shows a secret again', async () => {
    const { body } = await order();
    for (const answer of [
      await one('GET', body.id),
      await door('GET', '/v1/subscriptions'),
      await one('PATCH', body.id, { body: { state: 'paused' } }),
    ]) {
      expect(answer.status).toBe(200);
      expect(answer.text).not.toContain('whsec_');
    }
  });

  it('takes all that can be given', async () => {
    const secret = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
    const given = {
      description: 'all of it',
      headers: { 'X-Tenant': 'blue', authorization: 'Bearer x' },
      policy: {
        schedule_seconds: [],
        timeout_seconds: 30,
        success: '200',
        final_statuses: [404, 410],
        jitter: 0,
      },
    };
    await expect(order({ ...given, secret })).resolves.toMatchObject({
      status: 201,
      body: { ...given, headers: { 'X-Tenant': '***', authorization: '***' }, secret },
    });
  });

  const credentials = {
    type: 'oauth2_client_credentials',
    token_url: 'https://issuer.example/oauth/token',
    client_id: 'changewire',
    client_secret: 'never to be seen',
    audience: 'hook.example',
  };

  it.each(['binary', 'structured', 'batched'])(
    'takes the format of CloudEvents, %s',
    async (content_mode) => {
      const made = await order({ format: 'cloudevents', content_mode });
      expect(made).toMatchObject({ status: 201, body: { format: 'cloudevents', content_mode } });
      const refused = await order({ content_mode });
      expect(refused).toMatchObject({ status: 400, body: { code: 'body_invalid' } });
      expect(refused.body.detail).toContain('content_mode');
    },
  );

  it('sends CloudEvents in binary mode where nothing else is said', async () => {
    expect((await order({ format: 'cloudevents' })).body).toMatchObject({ content_mode: 'binary' });
    expect((await order({ format: 'cloudevents', content_mode: 'xml' })).status).toBe(400);
    expect((await order({ headers: { 'ce-tenant': 'x' } })).status).toBe(400);
  });

  it('takes the format of CIS, where profiles are told of', async () => {
    const systemScopes = `${scopes} subscriptions:system`;
    const made = await door('POST', '/v1/subscriptions', {
      body: { topic: 'profile.updated', target, format: 'cis', credentials },
      scope: systemScopes,
    });
    const { client_secret: _, ...shown } = credentials;
    expect(made).toMatchObject({ status: 201, body: { format: 'cis', credentials: shown } });
    expect(subscriptions.subscriptions.get(made.body.id)?.credentials).toEqual({
      type: 'oauth2_client_credentials',
      tokenUrl: 'https://issuer.example/oauth/token',
      clientId: 'changewire',
      clientSecret: 'never to be seen',
      audience: 'hook.example',
    });
    const refused = await order({ format: 'cis' });
    expect([refused.status, refused.body.detail]).toEqual([400, expect.stringContaining('profile.created')]);
    expect((await order({ format: 'xml' })).status).toBe(400);
  });

  it('never shows the secret of the credentials, not when they are made either', async () => {
    const made = await order({ credentials });
    const answers = [
      made,
      await one('GET', made.body.id),
      await door('GET', '/v1/subscriptions'),
      await one('PATCH', made.body.id, { body: { credentials: { ...credentials, scope: 'x' } } }),
    ];
    for (const { status, text } of answers) {
      expect(status).toBeLessThan(300);
      expect(text).toContain('issuer.example');
      expect(text).not.toContain('never to be seen');
      expect(text).not.toContain('client_secret');
    }
  });

  it('changes credentials, and takes them away', async () => {
    const { body } = await order({ credentials });
    const changed = await one('PATCH', body.id, {
      body: { credentials: { ...credentials, client_id: 'b' } },
    });
    expect(changed.body.credentials.client_id).toBe('b');
    expect(changed.body.headers).toEqual({});
    const removed = await one('PATCH', body.id, { body: { credentials: null } });
    expect(removed.body).not.toHaveProperty('credentials');
    expect(subscriptions.subscriptions.get(body.id)).not.toHaveProperty('credentials');
  });

  it.each([
    ['http', { token_url: 'http://issuer.example/' }, 422],
    ['a private address', { token_url: 'https://10.0.0.1/' }, 422],
    ['the metadata service', { token_url: 'https://169.254.169.254/' }, 422],
    ['credentials in the URL', { token_url: 'https://a:b@issuer.example/' }, 422],
    ['another grant', { type: 'password' }, 400],
    ['an unknown member', { username: 'x' }, 400],
    ['an empty secret', { client_secret: '' }, 400],
  ])('refuses credentials with %s', async (_, difference, status) => {
    const answer = await order({ credentials: { ...credentials, ...difference } });
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain('never to be seen');
    const { body } = await order();
    const patch = await one('PATCH', body.id, { body: { credentials: { ...credentials, ...difference } } });
    expect(patch.status).toBe(status);
  });

  it('sends a secret over http where private targets are let through', async () => {
    door = openDoor(true);
    const local = { ...credentials, token_url: 'http://127.0.0.1:9100/token' };
    expect((await order({ credentials: local })).status).toBe(201);
  });

  it.each([
    [
      { type: 'basic', username: 'u', password: 'never: seen' },
      { type: 'basic', username: 'u' },
    ],
    [{ type: 'bearer', token: 'never.seen' }, { type: 'bearer' }],
    [
      { type: 'key_header', name: 'X-API-Key', value: 'never seen' },
      { type: 'key_header', name: 'X-API-Key' },
    ],
  ])('takes the credentials %j, changes them, and never shows what is secret', async (given, shown) => {
    const made = await order({ credentials: given });
    expect(made).toMatchObject({ status: 201 });
    const { id } = made.body;
    expect(subscriptions.subscriptions.get(id)?.credentials).toEqual(given);
    const oauth = { ...credentials, client_secret: 'never: seen' };
    const answers = [
      made,
      await one('GET', id),
      await door('GET', '/v1/subscriptions'),
      await one('PATCH', id, { body: { credentials: oauth } }),
      await one('PATCH', id, { body: { credentials: given } }),
    ];
    expect(answers[0]!.body.credentials).toEqual(shown);
    expect(answers[4]!.body.credentials).toEqual(shown);
    for (const { text } of answers) {
      expect(text).not.toMatch(/never|"password"|"token"|client_secret/);
    }
    expect((await one('PATCH', id, { body: { credentials: null } })).body).not.toHaveProperty('credentials');
  });

  it.each<[string, object, string]>([
    ['a colon in the user name', { type: 'basic', username: 'a:b', password: 'hush' }, 'username'],
    ['a line break in the password', { type: 'basic', username: 'a', password: 'hush\r\nx: y' }, 'password'],
    ['no password', { type: 'basic', username: 'hush' }, 'password'],
    ['a token with a space', { type: 'bearer', token: 'hush hush' }, 'token'],
    ['a token with a line break', { type: 'bearer', token: 'hush\r\nx:y' }, 'token'],
    ['a header of the connection', { type: 'key_header', name: 'Host', value: 'hush' }, '"Host"'],
    ['a header of ours', { type: 'key_header', name: 'Webhook-Id', value: 'hush' }, '"Webhook-Id"'],
    ['a header that is none', { type: 'key_header', name: 'a b', value: 'hush' }, '"a b"'],
    ['__proto__', { type: 'key_header', name: '__proto__', value: 'hush' }, '__proto__'],
    ['a line break in a value', { type: 'key_header', name: 'a', value: 'hush\n' }, '"a"'],
    ['the cover of a value', { type: 'key_header', name: 'a', value: '***' }, '"a"'],
    ['members of two kinds', { type: 'bearer', token: 'hush', username: 'a' }, 'username'],
    ['an unknown kind', { type: 'digest', token: 'hush' }, 'type'],
  ])('refuses credentials with %s', async (_, refused, named) => {
    const { status, body, text } = await order({ credentials: refused });
    expect([status, body.detail]).toEqual([400, expect.stringContaining(named)]);
    expect(text).not.toContain('hush');
  });

  it('mints an id and a secret of its own for each', async () => {
    const made = [await order(), await order(), await order()];
    expect(new Set(made.map(({ body }) => body.id)).size).toBe(3);
    expect(new Set(made.map(({ body }) => body.secret)).size).toBe(3);
  });

  it('refuses a topic that is not there, by its name', async () => {
    for (const topic of ['none', 'events/orders', 'profile.none', '__proto__', 'constructor']) {
      const { status, body } = await create({ topic, target });
      expect([status, body.detail]).toEqual([404, expect.stringContaining(`"${topic}"`)]);
    }
  });

  it('wants a scope more for the topics of the system', async () => {
    const body = { topic: 'profile.updated', target };
    await expect(create(body)).resolves.toMatchObject({ status: 403, body: { code: 'insufficient_scope' } });
    await expect(create({ ...body, topic: 'system/profile.updated' })).resolves.toMatchObject({
      status: 403,
    });
    const scope = `${scopes} subscriptions:system`;
    await expect(door('POST', '/v1/subscriptions', { body, scope })).resolves.toMatchObject({
      status: 201,
      body: { topic: 'profile.updated' },
    });
  });

  it.each([
    ['user.*', { door: 'manage', name: 'user.*', isPattern: true }],
    ['*', { door: 'manage', name: '*', isPattern: true }],
    ['webhooks/foo.*', { door: 'webhooks', name: 'foo.*', isPattern: true }],
    ['webhooks/*', { door: 'webhooks', name: '*', isPattern: true }],
    ['manage/profile.*', { door: 'manage', name: 'profile.*', isPattern: true }],
    [`${'a.'.repeat(8)}*`, { door: 'manage', name: `${'a.'.repeat(8)}*`, isPattern: true }],
  ])('takes the pattern %s', async (topic, selector) => {
    const made = await create({ topic, target });
    expect(made).toMatchObject({ status: 201, body: { topic, pattern: true } });
    expect((await subscriptions.ofTopic(selector as TopicSelector)).map(({ id }) => id)).toEqual([
      made.body.id,
    ]);
  });

  it('takes what is literally a topic of another door for that topic', async () => {
    await topics.create({ key: { door: 'webhooks', name: 'foo.*' }, createdAt: '2026-11-20T10:00:00.000Z' });
    const made = await create({ topic: 'webhooks/foo.*', target });
    expect(made).toMatchObject({ status: 201, body: { topic: 'webhooks/foo.*' } });
    expect(made.body).not.toHaveProperty('pattern');
    expect(subscriptions.subscriptions.get(made.body.id)?.topic).toEqual({ door: 'webhooks', name: 'foo.*' });
    await topics.create({
      key: { door: 'webhooks', name: 'a.*.b.*' },
      createdAt: '2026-11-20T10:00:00.000Z',
    });
    expect((await create({ topic: 'webhooks/a.*.b.*', target })).status).toBe(201);
  });

  it.each(['profile.*', 'system/*', 'system/profile.*', 'change.*'])(
    'wants the scope of the system for the pattern %s',
    async (topic) => {
      const body = { topic, target };
      await expect(create(body)).resolves.toMatchObject({
        status: 403,
        body: { code: 'insufficient_scope' },
      });
      const scope = `${scopes} subscriptions:system`;
      const made = await door('POST', '/v1/subscriptions', { body, scope });
      expect(made).toMatchObject({ status: 201, body: { pattern: true } });
      expect(subscriptions.subscriptions.get(made.body.id)?.topic.door).toBe('system');
    },
  );

  it.each([
    [`${'a.'.repeat(9)}*`, 'words'],
    ['a.*.b.*', '"*"'],
    ['**.*', '"*"'],
    [`${'x'.repeat(270)}.*`, '256'],
    ['a\ud800.*', 'whole'],
  ])('refuses the pattern %j', async (topic, named) => {
    const { status, body } = await create({ topic, target });
    expect([status, body.code, body.detail]).toEqual([400, 'body_invalid', expect.stringContaining(named)]);
    expect(subscriptions.subscriptions.size).toBe(0);
  });

  it.each(['us*r', 'user*', '*.created'])('knows no topic %j', async (topic) => {
    expect((await create({ topic, target })).status).toBe(404);
  });

  it('takes the format of CIS for a pattern of which it tells all', async () => {
    const scope = `${scopes} subscriptions:system`;
    const subscribe = (topic: string) =>
      door('POST', '/v1/subscriptions', { body: { topic, target, format: 'cis' }, scope });
    expect((await subscribe('profile.*')).status).toBe(201);
    expect((await subscribe('system/*')).status).toBe(400);
    expect((await subscribe('webhooks/profile.*')).status).toBe(400);
  });

  it.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://[::ffff:127.0.0.1]/',
    'http://localhost:8080/',
    'http://10.0.0.1/',
    'http://169.254.169.254/latest/meta-data',
    'http://[64:ff9b::7f00:1]/',
    'https://user:secret@hooks.example/',
    'ftp://hooks.example/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    '/relative',
    'https://hooks.example/\r\nx: y',
  ])('refuses the target %j with the reason, and keeps nothing', async (refused) => {
    const { status, body } = await create({ topic: 'orders', target: refused });
    expect([status, body.code]).toEqual([422, 'target_refused']);
    expect(body.detail).toMatch(/^the target is refused: /);
    expect(body.detail).not.toContain('secret');
    expect(subscriptions.subscriptions.size).toBe(0);
  });

  it('takes a private target where the stage lets it, but never the metadata service', async () => {
    door = openDoor(true);
    await expect(order({ target: 'http://127.0.0.1:9100/hook' })).resolves.toMatchObject({ status: 201 });
    await expect(order({ target: 'http://169.254.169.254/' })).resolves.toMatchObject({ status: 422 });
  });

  it.each<[string, object, string]>([
    ['no topic', { topic: undefined }, 'topic'],
    ['a topic that is no text', { topic: { name: 'orders' } }, 'topic'],
    ['no target', { target: undefined }, 'target'],
    ['a target of 2 049 characters', { target: `https://a.example/${'x'.repeat(2031)}` }, 'target'],
    ['an unknown key', { owner: 'mallory' }, '"owner"'],
    ['an unknown key of the policy', { policy: { retries: 3 } }, '"retries"'],
    ['a wait of nothing', { policy: { schedule_seconds: [0] } }, 'schedule_seconds.0'],
    ['a wait of half a second', { policy: { schedule_seconds: [0.5] } }, 'schedule_seconds.0'],
    ['51 waits', { policy: { schedule_seconds: Array(51).fill(1) } }, 'schedule_seconds'],
    ['waits of 15 days', { policy: { schedule_seconds: Array(15).fill(86_400) } }, 'schedule_seconds'],
    ['a time-out of 31 s', { policy: { timeout_seconds: 31 } }, 'timeout_seconds'],
    ['a time-out as text', { policy: { timeout_seconds: '5' } }, 'timeout_seconds'],
    ['a jitter of 2', { policy: { jitter: 2 } }, 'jitter'],
    ['a status that is final and none', { policy: { final_statuses: [200] } }, 'final_statuses.0'],
    ['a success of its own', { policy: { success: '3xx' } }, 'success'],
    ['a secret without its prefix', { secret: Buffer.alloc(32).toString('base64') }, 'secret'],
    ['a secret of 23 bytes', { secret: `whsec_${Buffer.alloc(23).toString('base64')}` }, 'secret'],
    ['a secret of 65 bytes', { secret: `whsec_${Buffer.alloc(65).toString('base64')}` }, 'secret'],
    ['a secret that is no base64', { secret: `whsec_${'?'.repeat(44)}` }, 'secret'],
    ['headers that are a list', { headers: ['a'] }, 'headers'],
    ['a header that is no text', { headers: { a: 1 } }, 'headers'],
    ['a header of the connection', { headers: { 'Transfer-Encoding': 'chunked' } }, 'Transfer-Encoding'],
    ['a header of ours', { headers: { 'Webhook-Signature': 'v1,x' } }, 'Webhook-Signature'],
    ['a host', { headers: { host: 'inner.example' } }, 'host'],
    ['a line break in a header', { headers: { a: 'b\r\nc: d' } }, '"a"'],
    ['a line break in a header’s name', { headers: { 'a\r\nb': 'c' } }, 'not a header name'],
    ['a space in a header’s name', { headers: { 'a b': 'c' } }, 'not a header name'],
    ['a header twice', { headers: { 'X-A': '1', 'x-a': '2' } }, '"x-a"'],
    [
      '21 headers',
      {
        headers: Object.fromEntries(
          Array(21)
            .fill(0)
            .map((_, n) => [`h${n}`, 'x']),
        ),
      },
      '20',
    ],
    ['headers of 5 kB', { headers: { a: 'x'.repeat(5000) } }, '4096'],
  ])('refuses %s', async (_, differences, named) => {
    const { status, body } = await order(differences);
    expect([status, body.code]).toEqual([400, 'body_invalid']);
    expect(body.detail).toContain(named);
    expect(subscriptions.subscriptions.size).toBe(0);
  });

  it.each<[string, string]>([
    ['at the top', `{"topic":"orders","target":"${target}","__proto__":{"x":1}}`],
    ['among the headers', `{"topic":"orders","target":"${target}","headers":{"__proto__":"x"}}`],
    ['in the policy', `{"topic":"orders","target":"${target}","policy":{"__proto__":{"jitter":1}}}`],
    [
      'among the headers, as a class',
      `{"topic":"orders","target":"${target}","headers":{"constructor":"x"}}`,
    ],
  ])('refuses names that are more than names %s', async (_, body) => {
    await expect(door('POST', '/v1/subscriptions', { body })).resolves.toMatchObject({ status: 400 });
  });

  it('never fails on any JSON: it refuses', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), fc.jsonValue(), async (whole, part) => {
        const bodies = [
          whole,
          ...['topic', 'target', 'headers', 'policy', 'secret'].map((key) => ({
            topic: 'orders',
            target,
            [key]: part,
          })),
        ];
        for (const body of bodies) {
          expect((await door('POST', '/v1/subscriptions', { body })).status).toBeLessThan(500);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('manage-subscriptions, filters', () => {
  const filter = {
    attributes: { region: ['eu', { prefix: 'us-' }] },
    data: { 'order.total': [{ numeric: ['>', 5] }] },
  };

  it('keeps a filter and shows it', async () => {
    const made = await order({ filter });
    expect(made).toMatchObject({ status: 201, body: { filter } });
    expect((await one('GET', made.body.id)).body.filter).toEqual(filter);
    expect(subscriptions.subscriptions.get(made.body.id)?.filter).toEqual(filter);
  });

  it('changes a filter, and takes it away', async () => {
    const { id } = (await order({ filter })).body;
    const other = { data: { a: [null] } };
    expect((await one('PATCH', id, { body: { filter: other } })).body.filter).toEqual(other);
    expect((await one('PATCH', id, { body: { state: 'paused' } })).body.filter).toEqual(other);
    expect((await one('PATCH', id, { body: { filter: null } })).body).not.toHaveProperty('filter');
    expect(subscriptions.subscriptions.get(id)).not.toHaveProperty('filter');
  });

  it.each<[string, unknown, string]>([
    ['null', null, 'filter'],
    ['an empty one', {}, 'names no field'],
    ['an unknown matcher', { data: { a: [{ like: 'x' }] } }, 'filter.data.a.0: expected'],
    ['__proto__', JSON.parse('{"data":{"__proto__":["x"]}}'), '__proto__'],
  ])('refuses %s', async (_, refused, named) => {
    const { status, body } = await order({ filter: refused });
    expect([status, body.detail]).toEqual([400, expect.stringContaining(named)]);
    expect(subscriptions.subscriptions.size).toBe(0);
  });

  it('changes how CloudEvents travel, which goes when the format changes', async () => {
    const { id } = (await order({ format: 'cloudevents' })).body;
    const change = async (body: object) => (await one('PATCH', id, { body })).body;
    expect(await change({ content_mode: 'batched' })).toMatchObject({ content_mode: 'batched' });
    expect(await change({ description: 'x' })).toMatchObject({ content_mode: 'batched' });
    const standard = await change({ format: 'standard' });
    expect(standard).toMatchObject({ format: 'standard' });
    expect(standard).not.toHaveProperty('content_mode');
    expect(await change({ format: 'cloudevents' })).toMatchObject({ content_mode: 'binary' });
  });

  it('changes the format to one that tells of the topic alone', async () => {
    const { id } = (await order()).body;
    expect((await one('PATCH', id, { body: { format: 'cis' } })).status).toBe(400);
    expect((await one('PATCH', id, { body: { format: 'standard' } })).body.format).toBe('standard');
  });
});

describe('manage-subscriptions, afterwards', () => {
  it('shows an owner its own ones alone', async () => {
    const mine = (await order()).body;
    const theirs = (await create({ topic: 'orders', target }, 'bob')).body;
    const { secret, ...visible } = mine;
    await expect(one('GET', mine.id)).resolves.toMatchObject({ status: 200, body: visible });
    const { body } = await door('GET', '/v1/subscriptions');
    expect(body).toEqual({ subscriptions: [visible] });
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const answer = await one(method, theirs.id, { body: { state: 'paused' } });
      expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
    }
    expect(subscriptions.subscriptions.get(theirs.id)?.state).toBe('active');
  });

  it.each(['sub_none', 'x'.repeat(5000), '../sub_0', 'sub_0000000000000000', '', '__proto__'])(
    'knows no subscription %j',
    async (id) => {
      await expect(one('GET', id)).resolves.toMatchObject({ status: 404 });
    },
  );

  it.each(['active', 'paused', 'disabled'] as const)(
    'pauses and resumes a subscription that is %s',
    async (state) => {
      const { body } = await order();
      const stored = subscriptions.subscriptions.get(body.id)!;
      subscriptions.subscriptions.set(body.id, { ...stored, state, stateReason: 'gone' });
      const paused = await one('PATCH', body.id, { body: { state: 'paused' } });
      expect([paused.status, paused.body.state, paused.body.state_reason]).toEqual([
        200,
        'paused',
        undefined,
      ]);
      const resumed = await one('PATCH', body.id, { body: { state: 'active' } });
      expect([resumed.status, resumed.body.state]).toEqual([200, 'active']);
    },
  );

  it('changes what is given and leaves the rest, the secret too', async () => {
    const { body } = await order({ description: 'x', headers: { a: 'b' } });
    const before = subscriptions.subscriptions.get(body.id)!;
    const changed = await one('PATCH', body.id, {
      body: { target: 'https://b.example/', policy: { timeout_seconds: 3 }, description: null },
    });
    expect(changed.body).toMatchObject({
      target: 'https://b.example/',
      headers: { a: '***' },
      state: 'active',
    });
    expect(changed.body.policy).toEqual({ ...body.policy, timeout_seconds: 3 });
    expect(changed.body.description).toBeUndefined();
    expect(subscriptions.subscriptions.get(body.id)?.secrets).toEqual(before.secrets);
    expect(subscriptions.subscriptions.get(body.id)?.headers).toEqual({ a: 'b' });
  });

  it('does not take the cover of a header for its value when what was read is sent back', async () => {
    const { body } = await order({ headers: { authorization: 'Bearer x' } });
    const read = await one('GET', body.id);
    const answer = await one('PATCH', body.id, { body: { headers: read.body.headers } });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('authorization');
    expect(subscriptions.subscriptions.get(body.id)?.headers).toEqual({ authorization: 'Bearer x' });
  });

  it.each<[string, object, number]>([
    ['nothing', {}, 400],
    ['another state', { state: 'disabled' }, 400],
    ['deleted', { state: 'deleted' }, 400],
    ['the owner', { owner: 'mallory' }, 400],
    ['the topic', { topic: 'other' }, 400],
    ['the secret', { secret: `whsec_${Buffer.alloc(32).toString('base64')}` }, 400],
    ['a refused target', { target: 'http://127.0.0.1/' }, 422],
    ['a refused header', { headers: { host: 'x' } }, 400],
  ])('refuses to change to %s', async (_, body, status) => {
    const { id } = (await order()).body;
    const before = subscriptions.subscriptions.get(id);
    expect((await one('PATCH', id, { body })).status).toBe(status);
    expect(subscriptions.subscriptions.get(id)).toEqual(before);
  });

  it('lets whoever lost the system scope pause and delete, but not lead its events elsewhere', async () => {
    const scope = `${scopes} subscriptions:system`;
    const made = await door('POST', '/v1/subscriptions', {
      body: { topic: 'profile.updated', target },
      scope,
    });
    const { id } = made.body;
    expect((await one('PATCH', id, { body: { target: 'https://evil.example/' } })).status).toBe(403);
    expect((await one('PATCH', id, { body: { filter: null } })).status).toBe(403);
    expect((await one('PATCH', id, { body: { format: 'standard' } })).status).toBe(403);
    expect((await one('PATCH', id, { body: { state: 'paused' } })).status).toBe(200);
    expect((await one('PATCH', id, { body: { state: 'active' } })).status).toBe(403);
    expect((await one('DELETE', id)).status).toBe(204);
  });

  it('deletes at once, and knows it no more', async () => {
    const { id } = (await order()).body;
    await expect(one('DELETE', id)).resolves.toMatchObject({ status: 204, text: '' });
    await expect(subscriptions.ofTopic({ door: 'manage', name: 'orders' })).resolves.toEqual([]);
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      expect((await one(method, id, { body: { state: 'active' } })).status).toBe(404);
    }
    expect((await door('GET', '/v1/subscriptions')).body).toEqual({ subscriptions: [] });
  });

  it('lists everything once in pages', async () => {
    for (let made = 0; made < 5; made += 1) {
      await order();
    }
    const first = await door('GET', '/v1/subscriptions', { query: { limit: '3' } });
    const second = await door('GET', '/v1/subscriptions', { query: { limit: '3', next: first.body.next } });
    expect([first, second].map(({ body }) => body.subscriptions.length)).toEqual([3, 2]);
    expect(second.body.next).toBeUndefined();
    const refused = await door('GET', '/v1/subscriptions', { query: { next: '???' } });
    expect(refused.status).toBe(400);
  });

  it('lists by topic or pattern, and by state', async () => {
    const exact = (await order()).body.id;
    const pattern = (await create({ topic: 'user.*', target })).body.id;
    const paused = (await create({ topic: 'user.*', target })).body.id;
    await one('PATCH', paused, { body: { state: 'paused' } });
    const list = async (query: Record<string, string>) =>
      (await door('GET', '/v1/subscriptions', { query })).body.subscriptions.map(
        ({ id }: { id: string }) => id,
      );
    expect(await list({ topic: 'orders' })).toEqual([exact]);
    expect((await list({ topic: 'manage/user.*' })).sort()).toEqual([pattern, paused].sort());
    expect(await list({ topic: 'user.*', state: 'active' })).toEqual([pattern]);
    expect(await list({ state: 'paused' })).toEqual([paused]);
    expect(await list({ topic: 'user.created' })).toEqual([]);
    expect(await list({ topic: '__proto__' })).toEqual([]);
    const refused = await door('GET', '/v1/subscriptions', { query: { state: 'deleted' } });
    expect([refused.status, refused.body.detail]).toEqual([400, expect.stringContaining('"state"')]);
  });

  it.each<[string, string | null, number]>([
    ['GET', null, 401],
    ['GET', 'subscriptions:write', 403],
    ['POST', 'subscriptions:read', 403],
    ['POST', 'topics:write', 403],
  ])('answers %s with the scopes %j by %i', async (method, scope, status) => {
    const answer = await door(method, '/v1/subscriptions', { scope, body: { topic: 'orders', target } });
    expect(answer.status).toBe(status);
  });

  it('answers a method that a path does not take by 405', async () => {
    const deleting = await door('DELETE', '/v1/subscriptions');
    expect([deleting.status, deleting.headers.allow]).toEqual([405, 'GET, POST, OPTIONS']);
    const posting = await one('POST', 'sub_0000000000000000', { body: {} });
    expect([posting.status, posting.headers.allow]).toEqual([405, 'GET, PATCH, DELETE, OPTIONS']);
  });
});

describe('the manage doors, wired to their tables', () => {
  let emulators: Emulators;

  beforeAll(async () => {
    emulators = await startEmulators();
    useEmulators(emulators);
    await createTables(emulators.dynamodbUrl);
    const own = {
      REGISTRY_TABLE_NAME: 'registry',
      EVENTS_TABLE_NAME: 'events',
      DELIVERIES_QUEUE_URL: 'http://127.0.0.1:1/q',
      TARGET_ARNS: '',
      ALLOW_PRIVATE_TARGETS: 'true',
      PUBLIC_BASE_URL: '',
    };
    Object.assign(process.env, trustingEnvironment, own);
  });

  afterAll(() => emulators.stop());

  it('make a topic and a subscription, read it, pause it and delete it', async () => {
    const scope = `${scopes} topics:write`;
    const send = async (invoke: typeof manageTopics, httpMethod: string, id?: string, body?: object) => {
      const answer = await invoke({
        httpMethod,
        resource: id === undefined ? '/v1/subscriptions' : '/v1/subscriptions/{id}',
        path: '/',
        pathParameters: id === undefined ? null : { id },
        headers: { authorization: `Bearer ${unsignedToken({ sub: 'alice', scope })}` },
        body: body ? JSON.stringify(body) : null,
      } as unknown as APIGatewayProxyEvent);
      return { status: answer.statusCode, ...(answer.body && JSON.parse(answer.body)) };
    };
    expect((await send(manageTopics, 'POST', undefined, { name: 'wired' })).status).toBe(201);
    const wanted = { topic: 'wired', target: 'http://127.0.0.1:1/' };
    const { id, status } = await send(manageSubscriptions, 'POST', undefined, wanted);
    expect(status).toBe(201);
    expect(await send(manageSubscriptions, 'PATCH', id, { state: 'paused' })).toMatchObject({
      state: 'paused',
    });
    expect((await send(manageSubscriptions, 'GET')).subscriptions).toMatchObject([{ id, state: 'paused' }]);
    expect((await send(manageSubscriptions, 'DELETE', id)).status).toBe(204);
    expect((await send(manageSubscriptions, 'GET', id)).status).toBe(404);
  });
});
