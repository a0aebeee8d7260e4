import { systemTopics } from '../../../core/topics/system-topics';
import { makeManageTopics, topicMethods } from '../../../lambdas/manage/manage-topics';
import { authenticate, openManageDoor } from '../../support/manage-door';
import { MemoryTopicStore } from '../../support/memory-registry';

const now = Date.parse('2026-11-20T12:00:00.000Z');

let topics: MemoryTopicStore;
let door: ReturnType<typeof openManageDoor>;

beforeEach(() => {
  topics = new MemoryTopicStore();
  const handler = makeManageTopics({ topics, authenticate, now: () => now });
  door = openManageDoor('manage-topics', topicMethods, handler, 'topics:read topics:write');
});

const create = (body: unknown) => door('POST', '/v1/topics', { body });
const read = (name: string) =>
  door('GET', '/v1/topics/{name}', { parameters: { name: encodeURIComponent(name) } });

describe('manage-topics', () => {
  it('makes a topic, reads it and lists it', async () => {
    const topic = {
      name: 'orders.v1',
      door: 'manage',
      description: 'of the shop',
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
    await topics.create({ key: { door: 'events', name: 'a/b' }, createdAt: 'then' });
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
    expect([posting.status, posting.headers.allow]).toEqual([405, 'GET, OPTIONS']);
  });

  it('tells nothing of a failure of ours', async () => {
    jest.spyOn(topics, 'create').mockRejectedValueOnce(new Error('table registry-7 is gone'));
    const { status, text } = await create({ name: 'a' });
    expect(status).toBe(500);
    expect(text).not.toContain('registry-7');
  });
});
