import { randomBytes } from 'node:crypto';
import { jobId } from '../../../core/messages/job-id';
import { topicsDialect, topicsMethods } from '../../../lambdas/shared/topics-dialect';
import { type AcceptMessagesPorts, makeAcceptMessages } from '../../../lambdas/topics/accept-messages';
import { type DoorRequest, openDoor } from '../../support/door';
import { authenticate } from '../../support/manage-door';
import { aConsumer, MemoryIntake, makeMemoryTopicReader } from '../../support/memory-messages';
import { MemorySubscriptionStore, MemoryTopicStore } from '../../support/memory-registry';
import { MemoryReleaseQueue, MemorySchedule } from '../../support/memory-schedule';
import { unsignedToken } from '../../support/tokens';

let stream: MemoryIntake;
let subscriptions: MemorySubscriptionStore;
let ports: AcceptMessagesPorts;

beforeEach(async () => {
  stream = new MemoryIntake();
  const topics = new MemoryTopicStore();
  subscriptions = new MemorySubscriptionStore();
  await topics.create({ key: { door: 'topics', name: 'orders' }, number: 1, createdAt: 'then' });
  let made = 0;
  ports = {
    topics: makeMemoryTopicReader(topics, subscriptions),
    stream,
    schedule: new MemorySchedule(),
    queue: new MemoryReleaseQueue(),
    onQueueFailure: () => undefined,
    maxBulkMessages: 3000,
    random: (count) => {
      made += 1;
      return new Uint8Array(count).fill(made);
    },
    now: () => new Date('2026-11-20T12:00:00.000Z'),
  };
});

const json = { 'Content-Type': 'application/json' };

function post(path: string, body: unknown, request: DoorRequest = {}) {
  const call = openDoor({
    name: 'accept-messages',
    dialect: topicsDialect,
    methods: topicsMethods,
    wire: () => makeAcceptMessages(ports),
  });
  return call({ method: 'POST', path, body, headers: json, ...request });
}

const message = { topic: 'orders', payload: { total: 1 }, attributes: { hive_id: 'vlc1' } };

/** What Python writes of it, roughly: the client keeps 255 characters and loses the message beyond. */
const asPython = (errors: unknown) => (typeof errors === 'string' ? errors : JSON.stringify(errors));

describe('POST /api/messages', () => {
  it.each(['/api/messages', '/api/messages/', '//api//messages//'])(
    '%s answers 201 with the ids of the jobs, the newest consumer first, paused ones too',
    async (path) => {
      const consumers = [
        aConsumer({ number: 1 }),
        aConsumer({ number: 3, state: 'paused' }),
        aConsumer({ number: 2 }),
      ];
      await Promise.all(consumers.map((consumer) => subscriptions.create(consumer)));
      await subscriptions.create(aConsumer({ number: 4, state: 'deleted' }));
      const reply = await post(path, message);
      const [event] = stream.events;
      const [first, third, second] = consumers.map(({ id }) => jobId(event?.id ?? '', id));
      expect(reply).toMatchObject({ status: 201, json: { id: [third, second, first] } });
      expect(Object.keys(reply.json)).toEqual(['id']);
    },
  );

  it('puts the message into the stream as it came, under a key of its own', async () => {
    const body =
      '{"topic":"orders","payload":{"n": 1.0,"big":12345678901234567890},"attributes":null,"target":"x"}';
    await post('/api/messages', body);
    const [batch] = stream.batches;
    expect(batch?.events).toEqual([
      {
        id: expect.stringMatching(/^evt_[\w-]{24}$/),
        topic: { door: 'topics', name: 'orders' },
        source: '/api/messages',
        time: '2026-11-20T12:00:00.000Z',
        dataJson: '{"n": 1.0,"big":12345678901234567890}',
        attributesJson: 'null',
      },
    ]);
    expect(batch?.partitionKey).toBe(batch?.events[0]?.id);
  });

  it('keeps a message that nobody listens to', async () => {
    await expect(post('/api/messages', message)).resolves.toMatchObject({ status: 201, json: { id: [] } });
    expect(stream.events).toHaveLength(1);
  });

  it('takes the query and a form for what the body does not have, as the original does', async () => {
    await post('/api/messages', { payload: 1 }, { query: { topic: 'orders', payload: 'lost' } });
    await post('/api/messages', 'topic=orders&payload=a+b', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(stream.events.map(({ dataJson }) => dataJson)).toEqual(['1', '"a b"']);
  });

  it('reads what looks like JSON so, whatever it calls itself, and nothing out of anything else', async () => {
    const headers = { 'content-type': 'text/plain' };
    await expect(post('/api/messages', message, { headers })).resolves.toMatchObject({ status: 201 });
    await expect(post('/api/messages', message, { headers: {} })).resolves.toMatchObject({ status: 201 });
    await expect(post('/api/messages', 'topic=orders&payload=1', { headers })).resolves.toMatchObject({
      status: 400,
    });
  });

  it.each([
    ['an unknown topic', { ...message, topic: 'nothing' }, { topic: ['is invalid'] }],
    ['no topic', { payload: 1 }, { topic: ["can't be blank"] }],
    ['a topic that is no text', { ...message, topic: { a: 1 } }, { topic: ['is invalid'] }],
    ['no payload', { topic: 'orders' }, { payload: ["can't be blank"] }],
    ['nothing', '', { topic: ["can't be blank"] }],
    ['a list', [message], { topic: ["can't be blank"] }],
    ['what is not JSON', '{"topic":', expect.any(String)],
    ['what is not UTF-8', Buffer.from([0x7b, 0xff]), expect.any(String)],
  ])('refuses %s with data.errors that its client can keep, and stores nothing', async (_, body, errors) => {
    const reply = await post('/api/messages/', body);
    expect(reply).toMatchObject({ status: 400, json: { data: { errors } } });
    expect(asPython(reply.json.data.errors).length).toBeLessThanOrEqual(255);
    expect(stream.batches).toEqual([]);
  });

  it('answers 413 to what is too large, and takes what just fits', async () => {
    const sized = (length: number) => ({ topic: 'orders', payload: 'x'.repeat(length) });
    await expect(post('/api/messages', sized(256 * 1024))).resolves.toMatchObject({ status: 413 });
    await expect(post('/api/messages', sized(2 * 1024 * 1024))).resolves.toMatchObject({ status: 413 });
    expect(stream.batches).toEqual([]);
    await expect(post('/api/messages', sized(256 * 1024 - 300))).resolves.toMatchObject({ status: 201 });
  });

  it('says that it failed when the stream did not take it: 201 means that it is safe', async () => {
    stream.says = 'throttled';
    await expect(post('/api/messages', message)).resolves.toMatchObject({ status: 503 });
    stream.says = 'failed';
    await expect(post('/api/messages', message)).resolves.toMatchObject({
      status: 500,
      json: { errors: { detail: 'Internal Server Error' } },
    });
  });

  it.each([
    ['GET', '/api/messages'],
    ['GET', '/api/messages/1'],
    ['PUT', '/api/messages'],
    ['POST', '/api/messages/1'],
    ['POST', '/api'],
    ['POST', '/api/nothing'],
  ])('%s %s is not found, in the words of the original', async (method, path) => {
    const reply = await post(path, message, { method });
    expect(reply).toMatchObject({ status: 404, json: { errors: { detail: 'Not Found' } } });
  });

  it('wants a principal with the scope where the stage wants one', async () => {
    ports = { ...ports, authenticate };
    const call = (scope: string) =>
      post('/api/messages', message, { token: unsignedToken({ sub: 'app', scope }) });
    await expect(post('/api/messages', message)).resolves.toMatchObject({ status: 401 });
    await expect(call('events:read')).resolves.toMatchObject({ status: 403 });
    expect(stream.batches).toEqual([]);
    await expect(call('events:write')).resolves.toMatchObject({ status: 201 });
  });
});

describe('POST /api/bulk_messages', () => {
  const bulk = (payload: unknown, more: object = {}) => ({
    topic: 'orders',
    payload,
    attributes: { a: 1 },
    ...more,
  });
  const refused = (errors: unknown) => ({ status: 406, json: { data: { errors } } });

  it.each(['/api/bulk_messages', '/api/bulk_messages/'])(
    '%s answers 201 with the ids, the newest first, and has put all into one record',
    async (path) => {
      const [one, two] = [aConsumer({ number: 1 }), aConsumer({ number: 2, state: 'paused' })];
      await subscriptions.create(one);
      await subscriptions.create(two);
      const reply = await post(
        path,
        '{"topic":"orders","payload":[{"n":1.0}, "b",null],"attributes":{"x":1}}',
      );
      const [a, b, c] = stream.events.map(({ id }) => id);
      const idsOf = ({ id }: { id: string }) => [c, b, a].map((event = '') => jobId(event, id));
      expect(reply).toMatchObject({ status: 201, json: { result: [...idsOf(two), ...idsOf(one)] } });
      expect(Object.keys(reply.json)).toEqual(['result']);
      expect(stream.batches).toHaveLength(1);
      expect(stream.events.map(({ dataJson, attributesJson }) => [dataJson, attributesJson])).toEqual([
        ['{"n":1.0}', '{"x":1}'],
        ['"b"', '{"x":1}'],
        ['null', '{"x":1}'],
      ]);
    },
  );

  it('has a job for each call that a consumer of type pubsub is made', async () => {
    await subscriptions.create(aConsumer({ format: 'pubsub', consumer: { number: 1, chunkSize: 2 } }));
    const reply = await post('/api/bulk_messages', bulk([1, 2, 3, 4, 5]));
    expect(reply.json.result).toHaveLength(3);
  });

  it('takes as many as the stage lets it and no more; the number is looked at before the topic', async () => {
    await expect(post('/api/bulk_messages', bulk(Array(3000).fill({ a: 1 })))).resolves.toMatchObject({
      status: 201,
    });
    expect(stream.events).toHaveLength(3000);
    const tooMany = bulk(Array(3001).fill(1), { topic: 'nothing' });
    await expect(post('/api/bulk_messages', tooMany)).resolves.toMatchObject(
      refused('Exceed max messages to ingest in bulk'),
    );
    expect(stream.batches).toHaveLength(1);
  });

  it('takes none of a list, with no record', async () => {
    await expect(post('/api/bulk_messages', bulk([]))).resolves.toMatchObject({
      status: 201,
      json: { result: [] },
    });
    expect(stream.batches).toEqual([]);
  });

  it.each([
    ['a topic that there is not', bulk([1], { topic: 'nothing' }), refused('Topic does not exist')],
    ['no topic', { payload: [1] }, refused('Topic does not exist')],
    [
      'a message that is too large',
      bulk([1, 'x'.repeat(256 * 1024)]),
      refused(expect.stringMatching(/^message 1 has/)),
    ],
    [
      'attributes that are too large together',
      bulk(Array(2000).fill(1), { attributes: 'x'.repeat(5000) }),
      refused(expect.stringMatching(/too large together/)),
    ],
    [
      'no payload',
      { topic: 'orders' },
      { status: 400, json: { data: { errors: { payload: ['is invalid'] } } } },
    ],
    ['a payload that is no list', bulk({ a: 1 }), { status: 400 }],
    ['what is not JSON', '{"topic":', { status: 400, json: { data: { errors: expect.any(String) } } }],
    ['too many bytes', Buffer.alloc(4_600_000, '{'), refused(expect.stringMatching(/^the body has/))],
  ])('refuses %s whole', async (_, body, reply) => {
    await expect(post('/api/bulk_messages', body)).resolves.toMatchObject(reply);
    expect(stream.batches).toEqual([]);
  });

  it('refuses what is too large together by its texts alone, before it makes thousands of copies of its attributes', async () => {
    const random = jest.fn(ports.random);
    ports = { ...ports, random };
    const reply = await post(
      '/api/bulk_messages',
      bulk(Array(3000).fill(1), { attributes: 'x'.repeat(400_000) }),
    );
    expect(reply).toMatchObject(refused(expect.stringMatching(/too large together/)));
    expect(random).not.toHaveBeenCalled();
  });

  it('refuses what does not compress to a record of the stream', async () => {
    const noise = Array.from({ length: 75 }, () => randomBytes(15_000).toString('base64'));
    await expect(post('/api/bulk_messages', bulk(noise))).resolves.toMatchObject(
      refused(expect.stringMatching(/too large together/)),
    );
  });
});

describe('an Idempotency-Key', () => {
  const under = (key: string, request: DoorRequest = {}): DoorRequest => ({
    ...request,
    headers: { ...json, 'Idempotency-Key': key, ...request.headers },
  });
  const ids = () => stream.events.map(({ id }) => id);

  it('makes a message one, however often it is sent, and its reply the same', async () => {
    await subscriptions.create(aConsumer({ number: 1 }));
    const replies = [];
    for (const path of ['/api/messages/', '/api/messages', '/api/messages/']) {
      replies.push((await post(path, message, under('k'))).json);
    }
    expect(new Set(ids()).size).toBe(1);
    expect(ids()[0]).toMatch(/^evt_[\w-]{24}$/);
    expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1);
  });

  it('makes a bulk one, each of its messages apart', async () => {
    const bulk = { ...message, payload: [1, 1, 2] };
    await post('/api/bulk_messages/', bulk, under('k'));
    await post('/api/bulk_messages/', bulk, under('k'));
    expect(new Set(ids()).size).toBe(3);
    expect(ids().slice(3)).toEqual(ids().slice(0, 3));
  });

  it('never takes one message for another', async () => {
    await post('/api/messages/', message, under('k'));
    await post('/api/messages/', message, under('other'));
    await post('/api/messages/', { ...message, payload: 2 }, under('k'));
    await post('/api/messages/', { ...message, attributes: {} }, under('k'));
    await post('/api/bulk_messages/', { ...message, payload: [1] }, under('k'));
    expect(new Set(ids()).size).toBe(5);
  });

  it('is each caller’s own', async () => {
    ports = { ...ports, authenticate };
    for (const subject of ['ada', 'lin']) {
      const token = unsignedToken({ sub: subject, scope: 'events:write' });
      const headers = { Authorization: `Bearer ${token}` };
      expect((await post('/api/messages/', message, under('k', { headers }))).status).toBe(201);
    }
    expect(new Set(ids()).size).toBe(2);
  });

  it.each(['', 'two words', 'x'.repeat(256)])(
    'that is none is refused in words that clients keep: %j',
    async (key) => {
      const reply = await post('/api/messages/', message, under(key));
      expect([reply.status, Object.keys(reply.json.data)]).toEqual([400, ['errors']]);
      expect(reply.json.data.errors).toContain('Idempotency-Key');
      expect(stream.events).toEqual([]);
    },
  );
});
