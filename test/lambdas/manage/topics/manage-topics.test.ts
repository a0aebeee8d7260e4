import { systemTopics } from '../../../../core/topics/system-topics';
import { makeManageTopics, topicMethods } from '../../../../lambdas/manage/topics/manage-topics';
import { makeTimeLimit } from '../../../../lambdas/shared/time-limit';
import { aSubscription } from '../../../support/deliveries';
import { authenticate, openManageDoor } from '../../../support/manage-door';
import { MemorySubscriptionStore, MemoryTopicStore } from '../../../support/memory-registry';

const now = Date.parse('2026-11-20T12:00:00.000Z');

let topics: MemoryTopicStore;
let subscriptions: MemorySubscriptionStore;
let moment: number;
let door: ReturnType<typeof openManageDoor>;

beforeEach(() => {
  topics = new MemoryTopicStore();
  subscriptions = new MemorySubscriptionStore();
  moment = now;
  const handler = makeManageTopics({
    topics,
    subscriptions,
    timeLimit: makeTimeLimit(200),
    authenticate,
    now: () => moment,
  });
  door = openManageDoor('manage-topics', topicMethods, handler, 'topics:read topics:write');
});

const create = (body: unknown) => door('POST', '/v1/topics', { body });
const call = (method: string, name: string, body?: unknown) =>
  door(method, '/v1/topics/{name}', { parameters: { name: encodeURIComponent(name) }, body });
const read = (name: string) => call('GET', name);
const change = (name: string, body: unknown) => call('PATCH', name, body);
const remove = (name: string) => call('DELETE', name);

const schema = {
  type: 'object',
  properties: { total: { type: 'number', minimum: 0 } },
  required: ['total'],
};

describe('manage-topics', () => {
  it('makes a topic, reads it and lists it', async () => {
    const topic = {
      name: 'orders.v1',
      door: 'manage',
      description: 'of the shop',
      has_schema: false,
      deprecated: false,
      built_in: false,
      created_at: '2026-11-20T12:00:00.000Z',
    };
    await expect(create({ name: 'orders.v1', description: 'of the shop' })).resolves.toMatchObject({
      status: 201,
      body: topic,
    });
    await expect(read('orders.v1')).resolves.toMatchObject({ status: 200, body: topic });
    const { body } = await door('GET', '/v1/topics');
    expect(body.topics).toContainEqual(topic);
  });

  it('refuses a name that is taken, and changes nothing', async () => {
    await create({ name: 'orders', description: 'first' });
    await expect(create({ name: 'orders', description: 'second' })).resolves.toMatchObject({
      status: 409,
      body: { code: 'already_exists', detail: expect.stringContaining('"orders"') },
    });
    expect((await read('orders')).body.description).toBe('first');
  });

  it('finds what the same call made before, and refuses another’s', async () => {
    const body = { name: 'orders', schema, examples: [{ total: 1 }], deprecated: 'use orders.v2' };
    const made = await create(body);
    moment += 1000;
    const again = await create(body);
    expect([again.status, again.body]).toEqual([200, made.body]);
    expect((await create({ ...body, examples: [] })).status).toBe(409);
    expect((await door('POST', '/v1/topics', { body, subject: 'mallory' })).status).toBe(409);
  });

  it('finds what a call with its Idempotency-Key made, also after it was changed', async () => {
    const headers = { 'Idempotency-Key': 'topic-1' };
    const body = { name: 'orders', description: 'first' };
    const ask = (more: object = {}) => door('POST', '/v1/topics', { body, headers, ...more });
    const made = await ask();
    expect([made.status, made.headers['idempotent-replay']]).toEqual([201, undefined]);
    await change('orders', { description: 'second' });
    const again = await ask();
    expect(again).toMatchObject({ status: 200, headers: { 'idempotent-replay': 'true' } });
    expect(again.body.description).toBe('second');
    expect((await ask({ headers: {} })).status).toBe(409);
    expect((await ask({ body: { name: 'orders', description: 'other' } })).status).toBe(409);
    expect((await ask({ subject: 'mallory' })).status).toBe(409);
    expect((await ask({ headers: { 'Idempotency-Key': 'two words' } })).status).toBe(400);
  });

  it('keeps a schema and its examples, and shows them with the topic, not in lists', async () => {
    const made = await create({ name: 'orders', schema, examples: [{ total: 1.5 }] });
    expect(made).toMatchObject({
      status: 201,
      body: { schema, examples: [{ total: 1.5 }], has_schema: true },
    });
    expect((await read('orders')).body).toEqual(made.body);
    const listed = (await door('GET', '/v1/topics', { query: { limit: '100' } })).body.topics.at(-1);
    expect(listed).toMatchObject({ name: 'orders', has_schema: true });
    expect(listed).not.toHaveProperty('schema');
  });

  it('refuses an example that does not fit, and names it', async () => {
    const { status, body } = await create({
      name: 'orders',
      schema,
      examples: [{ total: 1 }, { total: -1 }],
    });
    expect([status, body.detail]).toEqual([
      400,
      'examples.1: data.total does not fit the schema of its topic: expected {"minimum":0}',
    ]);
    expect(topics.topics.size).toBe(0);
  });

  it.each<[string, unknown, RegExp]>([
    ['no object', [], /JSON Schema/],
    ['a remote reference', { $ref: 'https://evil.test/schema.json' }, /does not begin with "#"/],
    ['a reference to a file', { properties: { a: { $ref: 'other.json#/a' } } }, /does not begin with "#"/],
    ['a reference to nowhere', { $ref: '#/$defs/none' }, /leads nowhere/],
    ['a reference to itself', { $ref: '#' }, /leads back to itself/],
    ['a dynamic reference', { $dynamicRef: '#x' }, /not supported/],
    ['an unknown dialect', { $schema: 'https://example.org/mine' }, /\$schema/],
    ['a pattern that is none', { pattern: '(' }, /no regular expression/],
    ['a property pattern that is none', { patternProperties: { '[': {} } }, /no regular expression/],
    ['a long pattern', { pattern: 'a'.repeat(501) }, /501 characters/],
    ['33 kB', { enum: ['x'.repeat(33_000)] }, /32768 bytes/],
    ['a keyword of the wrong kind', { required: 7 }, /cannot be evaluated/],
  ])('refuses a schema with %s', async (_, wrong, reason) => {
    const { status, body } = await create({ name: 'orders', schema: wrong });
    expect([status, body.detail]).toEqual([400, expect.stringMatching(reason)]);
    expect(topics.topics.size).toBe(0);
  });

  it('refuses a schema that nests without end', async () => {
    const nested = `${'{"not":'.repeat(7000)}{}${'}'.repeat(7000)}`;
    const { status, body } = await create(`{"name":"orders","schema":${nested}}`);
    expect([status, body.detail]).toEqual([400, expect.stringContaining('deeper than 32')]);
  });

  it('refuses a schema that hangs, on the example that shows it or on none', async () => {
    const slow = await create({
      name: 'a',
      schema: { pattern: '^(a+)+$' },
      examples: [`${'a'.repeat(60)}b`],
    });
    expect([slow.status, slow.body.detail]).toEqual([400, expect.stringContaining('takes too long')]);
    const $defs: Record<string, unknown> = { d0: { type: 'object' } };
    for (let level = 1; level < 40; level += 1) {
      const $ref = `#/$defs/d${level - 1}`;
      $defs[`d${level}`] = { not: { anyOf: [{ not: { $ref } }, { not: { $ref } }] } };
    }
    const branching = await create({ name: 'b', schema: { $defs, $ref: '#/$defs/d39' } });
    expect([branching.status, branching.body.detail]).toEqual([
      400,
      expect.stringContaining('takes too long'),
    ]);
    expect(topics.topics.size).toBe(0);
  });

  it('changes what is given, removes what is null, leaves the rest', async () => {
    await create({ name: 'orders', description: 'of the shop', schema, examples: [{ total: 1 }] });
    const changed = await change('orders', { description: null, deprecated: 'use orders.v2' });
    expect(changed).toMatchObject({
      status: 200,
      body: { schema, deprecated: 'use orders.v2', deprecated_at: '2026-11-20T12:00:00.000Z' },
    });
    expect(changed.body).not.toHaveProperty('description');
    moment += 60_000;
    const later = await change('orders', { deprecated: true, examples: null });
    expect(later.body).toMatchObject({ deprecated: true, deprecated_at: '2026-11-20T12:00:00.000Z' });
    expect((await change('orders', { deprecated: false, schema: null })).body).toEqual({
      name: 'orders',
      door: 'manage',
      has_schema: false,
      deprecated: false,
      built_in: false,
      created_at: '2026-11-20T12:00:00.000Z',
    });
  });

  it('holds a new schema against the examples that are there', async () => {
    await create({ name: 'orders', schema, examples: [{ total: 1 }] });
    const refused = await change('orders', { schema: { type: 'string' } });
    expect([refused.status, refused.body.detail]).toEqual([400, expect.stringContaining('examples.0')]);
    expect((await read('orders')).body.schema).toEqual(schema);
  });

  it('loses no change of two who change at the same moment', async () => {
    await create({ name: 'orders' });
    await Promise.all([change('orders', { description: 'd' }), change('orders', { deprecated: true })]);
    expect((await read('orders')).body).toMatchObject({ description: 'd', deprecated: true });
  });

  it('deletes a topic that nobody subscribes to, and says how many do', async () => {
    await create({ name: 'orders' });
    const topic = { door: 'manage', name: 'orders' } as const;
    await subscriptions.create(aSubscription({ id: 'sub_1', topic }));
    await subscriptions.create(aSubscription({ id: 'sub_2', topic, state: 'disabled' }));
    const refused = await remove('orders');
    expect([refused.status, refused.body.code, refused.body.detail]).toEqual([
      409,
      'conflict',
      expect.stringContaining('2 subscriptions'),
    ]);
    subscriptions.subscriptions.clear();
    expect((await remove('orders')).status).toBe(204);
    expect((await read('orders')).status).toBe(404);
    expect((await remove('orders')).status).toBe(404);
  });

  it('makes, changes and deletes topics of the events door', async () => {
    const name = 'events/testing.MyEntityCreated';
    const made = await create({ name, schema });
    expect(made).toMatchObject({ status: 201, body: { name, door: 'events', schema } });
    expect((await create({ name, schema })).status).toBe(200);
    expect((await create({ name })).status).toBe(409);
    expect((await change(name, { description: 'd' })).body).toMatchObject({ name, description: 'd', schema });
    expect(await topics.find({ door: 'events', name: 'testing.MyEntityCreated' })).toBeDefined();
    expect((await remove(name)).status).toBe(204);
    expect((await read(name)).status).toBe(404);
  });

  it.each([
    'events/',
    'events/created',
    'events/Testing.TestCreated',
    'events/testing.Created',
    'events/testing.testCreated',
    'events/testing.APICreated',
    'events/testing.TestCreated/x',
    'events/profile.TestCreated',
    `events/testing.${'Aa'.repeat(130)}`,
    'webhooks/a',
    'topics/a',
  ])('makes no topic that is named %s', async (name) => {
    expect(await create({ name })).toMatchObject({ status: 400, body: { code: 'body_invalid' } });
    expect(topics.topics.size).toBe(0);
  });

  it.each(['profile.created', 'webhooks/a'])('neither changes nor deletes %s', async (name) => {
    await topics.create({ key: { door: 'webhooks', name: 'a' }, createdAt: '2026-11-20T10:00:00.000Z' });
    for (const answer of [await change(name, { description: 'mine' }), await remove(name)]) {
      expect([answer.status, answer.body.code]).toEqual([403, 'forbidden']);
    }
    expect(topics.topics.size).toBe(1);
  });

  it.each<[string, unknown]>([
    ['nothing', {}],
    ['a new name', { name: 'b' }],
    ['a deprecation of null', { deprecated: null }],
    ['an empty deprecation', { deprecated: '' }],
    ['eleven examples', { examples: Array(11).fill(1) }],
    ['a bottomless example', `{"examples":[${'['.repeat(9000)}${']'.repeat(9000)}]}`],
  ])('refuses to change %s', async (_, body) => {
    await create({ name: 'orders' });
    expect(await change('orders', body)).toMatchObject({ status: 400, body: { code: 'body_invalid' } });
  });

  it.each(['', '.', '..', 'a/b', 'a b', 'é', 'x'.repeat(129), 'a\n', '%2e%2e', 'a#b'])(
    'refuses the name %j',
    async (name) => {
      await expect(create({ name })).resolves.toMatchObject({ status: 400, body: { code: 'body_invalid' } });
      expect(topics.topics.size).toBe(0);
    },
  );

  it.each(['profile.created', 'profile.x', 'change.integrated', 'subscription.disabled', 'delivery.dead'])(
    'refuses the name %s, which is the system’s',
    async (name) => {
      const { status, body } = await create({ name });
      expect([status, body.detail]).toEqual([400, expect.stringContaining('belong to the system')]);
    },
  );

  it.each<[string, unknown, number, string]>([
    ['no body', undefined, 400, 'body_missing'],
    ['what is not JSON', '{"name":', 400, 'body_not_json'],
    ['an array', [], 400, 'body_invalid'],
    ['null', 'null', 400, 'body_invalid'],
    ['a name that is no text', { name: 7 }, 400, 'body_invalid'],
    ['an unknown key', { name: 'a', retention: 1 }, 400, 'body_invalid'],
    ['__proto__', '{"name":"a","__proto__":{"admin":true}}', 400, 'body_invalid'],
    ['a long description', { name: 'a', description: 'x'.repeat(501) }, 400, 'body_invalid'],
    ['a body of 65 kB', { name: 'a', description: 'x'.repeat(65_536) }, 413, 'body_too_large'],
  ])('refuses %s', async (_, body, status, code) => {
    await expect(create(body)).resolves.toMatchObject({ status, body: { status, code } });
    expect(topics.topics.size).toBe(0);
  });

  it('names an unknown key', async () => {
    expect((await create({ name: 'a', retention: 1 })).body.detail).toContain('"retention"');
  });

  it.each(['nobody', '..', '../x', 'system/none', 'events/none', 'x'.repeat(5000), '%'])(
    'knows no topic %j',
    async (name) => {
      await expect(read(name)).resolves.toMatchObject({ status: 404, body: { code: 'not_found' } });
    },
  );

  it('reads the topics that are built in, and those of other doors by their full name', async () => {
    await topics.create({ key: { door: 'events', name: 'a/b' }, createdAt: '2026-11-20T10:00:00.000Z' });
    await expect(read('profile.updated')).resolves.toMatchObject({
      status: 200,
      body: { name: 'profile.updated', door: 'system', built_in: true },
    });
    await expect(read('events/a/b')).resolves.toMatchObject({ body: { name: 'events/a/b', door: 'events' } });
  });

  it.each([1, 2, 3, 5, 100])('lists everything once in pages of %i', async (limit) => {
    const names = Array.from({ length: 7 }, (_, index) => `t${index}`);
    for (const name of names) {
      await create({ name });
    }
    const listed: string[] = [];
    let next: string | undefined;
    do {
      const query = { limit: String(limit), ...(next !== undefined && { next }) };
      const { body } = await door('GET', '/v1/topics', { query });
      expect(body.topics.length).toBeLessThanOrEqual(limit);
      listed.push(...body.topics.map((topic: { name: string }) => topic.name));
      next = body.next;
      expect(next ?? '').toMatch(/^[\w-]*$/);
    } while (next !== undefined);
    expect(listed).toEqual([...systemTopics.map(({ key }) => key.name), ...names]);
  });

  it.each([
    { limit: '0' },
    { limit: '101' },
    { limit: '-1' },
    { limit: '1e2' },
    { limit: '' },
    { next: '?' },
    { next: '' },
  ])('refuses the page %j', async (query) => {
    await expect(door('GET', '/v1/topics', { query })).resolves.toMatchObject({
      status: 400,
      body: { code: 'parameter_invalid' },
    });
  });

  it.each<[string, string, string | null, number]>([
    ['GET', '/v1/topics', null, 401],
    ['GET', '/v1/topics', 'topics:write', 403],
    ['GET', '/v1/topics/{name}', '', 403],
    ['POST', '/v1/topics', 'topics:read', 403],
    ['POST', '/v1/topics', null, 401],
    ['PATCH', '/v1/topics/{name}', 'topics:read', 403],
    ['DELETE', '/v1/topics/{name}', 'topics:read', 403],
  ])('answers %s %s with the scopes %j by %i', async (method, resource, scope, status) => {
    const parameters = resource.includes('{') ? { name: 'a' } : {};
    const answer = await door(method, resource, { scope, parameters, body: { name: 'a' } });
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(topics.topics.size).toBe(0);
  });

  it('answers a method that a path does not take by 405', async () => {
    const deleting = await door('DELETE', '/v1/topics');
    expect([deleting.status, deleting.headers.allow]).toEqual([405, 'GET, POST, OPTIONS']);
    const posting = await door('POST', '/v1/topics/{name}', { parameters: { name: 'a' }, body: {} });
    expect([posting.status, posting.headers.allow]).toEqual([405, 'GET, PATCH, DELETE, OPTIONS']);
  });

  it('tells nothing of a failure of ours', async () => {
    jest.spyOn(topics, 'create').mockRejectedValueOnce(new Error('table registry-7 is gone'));
    const { status, text } = await create({ name: 'a' });
    expect(status).toBe(500);
    expect(text).not.toContain('registry-7');
  });
});
