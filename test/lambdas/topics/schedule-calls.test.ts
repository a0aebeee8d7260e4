import { jobId } from '../../../core/messages/job-id';
import { topicsDialect, topicsMethods } from '../../../lambdas/shared/topics-dialect';
import { type AcceptMessagesPorts, makeAcceptMessages } from '../../../lambdas/topics/accept-messages';
import { type DoorRequest, openDoor } from '../../support/door';
import { authenticate } from '../../support/manage-door';
import { aConsumer, MemoryIntake, makeMemoryTopicReader } from '../../support/memory-messages';
import { MemorySubscriptionStore, MemoryTopicStore } from '../../support/memory-registry';
import { MemoryReleaseQueue, MemorySchedule } from '../../support/memory-schedule';
import { unsignedToken } from '../../support/tokens';

const now = '2026-11-20T12:00:00.000Z';
let schedule: MemorySchedule;
let queue: MemoryReleaseQueue;
let subscriptions: MemorySubscriptionStore;
let failures: unknown[];
let ports: AcceptMessagesPorts;

beforeEach(async () => {
  const topics = new MemoryTopicStore();
  subscriptions = new MemorySubscriptionStore();
  schedule = new MemorySchedule();
  queue = new MemoryReleaseQueue();
  failures = [];
  await topics.create({ key: { door: 'topics', name: 'orders' }, number: 1, createdAt: 'then' });
  let made = 0;
  ports = {
    topics: makeMemoryTopicReader(topics, subscriptions),
    stream: new MemoryIntake(),
    schedule,
    queue,
    onQueueFailure: (failure) => failures.push(failure),
    maxBulkMessages: 3,
    random: (count) => {
      made += 1;
      return new Uint8Array(count).fill(made);
    },
    now: () => new Date(now),
  };
});

const path = '/api/schedule_messages';
const json = { 'Content-Type': 'application/json' };
const tomorrow = '2026-11-21T12:00:00.000Z';
const message = { topic: 'orders', payload: { total: 1 }, attributes: { a: 'b' }, schedule_at: tomorrow };

function call(method: string, where = path, request: DoorRequest = {}) {
  const door = openDoor({
    name: 'accept-messages',
    dialect: topicsDialect,
    methods: topicsMethods,
    wire: () => makeAcceptMessages(ports),
  });
  return door({ method, path: where, headers: json, ...request });
}

const post = (body: unknown, request: DoorRequest = {}) => call('POST', path, { body, ...request });
const parked = () => [...schedule.rows.values()].map((row) => row.message);

describe('POST /api/schedule_messages', () => {
  it.each([path, `${path}/`])('%s parks one row and answers 201 with the ids of the jobs', async (where) => {
    const consumers = [aConsumer({ number: 1 }), aConsumer({ number: 2, state: 'paused' })];
    await Promise.all(consumers.map((consumer) => subscriptions.create(consumer)));
    const reply = await call('POST', where, { body: message });
    const [row] = parked();
    const [first, second] = consumers.map(({ id }) => jobId(row?.eventId ?? '', id));
    expect([reply.status, reply.json]).toEqual([201, { id: [second, first] }]);
    expect(parked()).toEqual([
      {
        id: first,
        topic: 'orders',
        state: 'scheduled',
        eventId: expect.stringMatching(/^evt_/),
        event: {
          id: row?.eventId,
          topic: { door: 'topics', name: 'orders' },
          source: '/api/messages',
          time: tomorrow,
          dataJson: '{"total":1}',
          attributesJson: '{"a":"b"}',
        },
        scheduledAt: tomorrow,
        acceptedAt: now,
      },
    ]);
    expect(queue.sent).toEqual([]);
    expect(await schedule.find(second ?? 0)).toEqual(row);
  });

  it('keeps a message that nobody listens to yet', async () => {
    expect((await post(message)).json).toEqual({ id: [] });
    expect(parked()).toHaveLength(1);
  });

  it.each([
    ['2026-11-20T12:03:00.900Z', 180],
    ['2026-11-20T13:00:03.500+01:00', 3],
    ['2026-11-20 12:00:03+00:00', 3],
    ['2026-11-20T12:00:00.400Z', 0],
    ['2020-09-22T07:15:00Z', 0],
  ])('queues what is near, or has passed, with the exact delay: %s', async (schedule_at, delaySeconds) => {
    await post({ ...message, schedule_at });
    const [row] = parked();
    const wanted = new Date(schedule_at.replace(' ', 'T')).toISOString();
    expect(row?.scheduledAt).toBe(wanted > now ? wanted : now);
    expect(queue.sent).toEqual([
      { message: { v: 1, id: row?.id, topic: 'orders', scheduledAt: row?.scheduledAt }, delaySeconds },
    ]);
  });

  it.each(['2026-11-20T12:03:01.000Z', '2031-01-01T00:00:00+01:00', '9999-12-31T23:59:59.999Z'])(
    'leaves %s to the tick',
    async (schedule_at) => {
      expect((await post({ ...message, schedule_at })).status).toBe(201);
      expect(queue.sent).toEqual([]);
      expect(parked()[0]?.scheduledAt).toBe(new Date(schedule_at).toISOString());
    },
  );

  it('has accepted a message although the queue fails: the tick will find it', async () => {
    queue.failure = new Error('away');
    expect((await post({ ...message, schedule_at: now })).status).toBe(201);
    expect([parked().length, failures]).toEqual([1, [queue.failure]]);
  });

  it('answers nothing but a failure when the row could not be written', async () => {
    schedule.park = async () => {
      throw new Error('the table is away');
    };
    expect((await post(message)).status).toBe(500);
    expect(queue.sent).toEqual([]);
  });

  it('takes other ids when one is taken', async () => {
    const { park } = schedule;
    const tried: string[] = [];
    schedule.park = async (row, others) => {
      tried.push(row.eventId);
      return tried.length === 1 ? 'id_taken' : park(row, others);
    };
    expect((await post(message)).status).toBe(201);
    expect(new Set(tried).size).toBe(2);
    expect(parked()).toHaveLength(1);
  });

  it('is one message when it is repeated under its key', async () => {
    const request = { headers: { ...json, 'Idempotency-Key': 'k' } };
    await subscriptions.create(aConsumer({ number: 1 }));
    const first = await post(message, request);
    await subscriptions.create(aConsumer({ number: 2 }));
    const second = await post(message, request);
    expect(second.json.id.at(-1)).toBe(first.json.id[0]);
    expect(parked()).toHaveLength(1);
  });

  it('names every key that is missing', async () => {
    const blank = ["can't be blank"];
    expect(await post({})).toMatchObject({
      status: 400,
      json: { data: { errors: { topic: blank, payload: blank, attributes: blank, schedule_at: blank } } },
    });
    const { attributes: _, ...rest } = message;
    expect((await post({ ...rest, schedule_at: null })).json).toEqual({
      data: { errors: { attributes: blank, schedule_at: blank } },
    });
  });

  it.each([
    ['2026-11-21T12:00:00', 'has no offset from UTC'],
    ['2026-11-21T12:00:00.123456', 'has no offset from UTC'],
    ['2026-11-21', 'is no ISO 8601 time'],
    ['tomorrow', 'is no ISO 8601 time'],
    ['2026-02-30T12:00:00Z', 'is no ISO 8601 time'],
    ['', 'is no ISO 8601 time'],
    [1_795_000_000, 'is no ISO 8601 time'],
    [{}, 'is no ISO 8601 time'],
    ['9999-12-31T23:59:59-14:00', 'years 0000 to 9999'],
    ['+010000-01-01T00:00:00Z', 'years 0000 to 9999'],
  ])('refuses the time %j: %s', async (schedule_at, problem) => {
    await subscriptions.create(aConsumer({ number: 1 }));
    const reply = await post({ ...message, schedule_at });
    expect(reply.status).toBe(400);
    expect(reply.json).toEqual({ data: { errors: { schedule_at: [expect.stringContaining(problem)] } } });
    // The client loses what is longer, as Python writes it.
    expect(JSON.stringify(reply.json.data.errors).length).toBeLessThanOrEqual(255);
    expect(parked()).toEqual([]);
  });

  it('refuses a topic that there is not, and what is too large, and keeps nothing', async () => {
    expect(await post({ ...message, topic: 'nobody' })).toMatchObject({
      status: 400,
      json: { data: { errors: { topic: ['is invalid'] } } },
    });
    expect((await post({ ...message, payload: 'x'.repeat(300_000) })).status).toBe(413);
    expect(parked()).toEqual([]);
  });
});

describe('DELETE /api/schedule_messages/:id', () => {
  it('cancels by each id of the reply, and again', async () => {
    await Promise.all([1, 2, 3].map((number) => subscriptions.create(aConsumer({ number }))));
    for (const which of [0, 1, 2]) {
      const id = (await post({ ...message, payload: which })).json.id[which];
      expect((await call('DELETE', `${path}/${id}/`)).status).toBe(204);
      expect((await call('DELETE', `${path}/${id}`)).status).toBe(204);
    }
    expect(parked().map(({ state }) => state)).toEqual(['cancelled', 'cancelled', 'cancelled']);
  });

  it('says that it comes too late', async () => {
    await post(message);
    const [{ id } = { id: 0 }] = parked();
    await schedule.claim(id);
    const reply = await call('DELETE', `${path}/${id}`);
    expect([reply.status, reply.json.errors.detail]).toEqual([
      409,
      expect.stringContaining('has been released already'),
    ]);
    await schedule.endReleased(id, now);
    expect((await call('DELETE', `${path}/${id}`)).status).toBe(409);
  });

  it.each([
    ['7', 404],
    ['9007199254740993', 400],
    ['1.5', 400],
    ['x', 400],
    ['-1', 400],
  ])('of %s is %d', async (id, status) => {
    const reply = await call('DELETE', `${path}/${id}`);
    expect(reply.status).toBe(status);
    expect(reply.json).toEqual(
      status === 404 ? { errors: { detail: 'Not Found' } } : { data: { errors: { id: ['is invalid'] } } },
    );
  });
});

describe('GET /api/schedule_messages', () => {
  it('lists what is still to come, page by page, and reads one with its payload as it came', async () => {
    const body =
      '{"topic":"orders","payload":{"n": 1.0},"attributes":null,"schedule_at":"2026-11-21T12:00:00Z"}';
    await post(body);
    await post({ ...message, schedule_at: '2026-11-22T12:00:00Z' });
    const first = await call('GET', path, { query: { limit: '1' } });
    const [one] = first.json.data;
    expect(first.json).toEqual({
      data: [{ id: expect.any(Number), topic: 'orders', schedule_at: tomorrow, accepted_at: now }],
      next: expect.any(String),
    });
    const second = await call('GET', path, { query: { limit: '1', after: first.json.next } });
    expect(second.json.data[0].schedule_at).toBe('2026-11-22T12:00:00.000Z');
    expect(second.json).not.toHaveProperty('next');
    const read = await call('GET', `${path}/${one.id}`);
    expect(read.text).toBe(
      `{"data":{"id":${one.id},"topic":"orders","schedule_at":"${tomorrow}","accepted_at":"${now}",` +
        '"state":"scheduled","payload":{"n": 1.0},"attributes":null}}',
    );
    await call('DELETE', `${path}/${one.id}`);
    expect((await call('GET', `${path}/${one.id}`)).json.data).toEqual({
      ...one,
      state: 'cancelled',
      ended_at: now,
    });
    expect((await call('GET', path)).json.data).toHaveLength(1);
  });

  it.each([
    ['limit', '0'],
    ['limit', '101'],
    ['limit', 'x'],
  ])('refuses %s=%s', async (name, value) => {
    expect((await call('GET', path, { query: { [name]: value } })).status).toBe(400);
  });

  it('knows no other method, and nothing below', async () => {
    for (const [method, where] of [
      ['PUT', path],
      ['DELETE', path],
      ['POST', `${path}/7`],
      ['GET', `${path}/7/8`],
    ] as const) {
      expect((await call(method, where)).json).toEqual({ errors: { detail: 'Not Found' } });
    }
  });
});

describe('where the stage wants credentials', () => {
  it('each call needs its scope', async () => {
    ports = { ...ports, authenticate };
    const as = (scope: string) => ({
      headers: { ...json, Authorization: `Bearer ${unsignedToken({ scope })}` },
    });
    expect((await post(message)).status).toBe(401);
    expect((await post(message, as('events:read'))).status).toBe(403);
    expect((await post(message, as('events:write'))).status).toBe(201);
    const [{ id } = { id: 0 }] = parked();
    expect((await call('GET', path)).status).toBe(401);
    expect((await call('GET', `${path}/${id}`, as('events:read'))).status).toBe(200);
    expect((await call('DELETE', `${path}/${id}`, as('events:read'))).status).toBe(403);
    expect((await call('DELETE', `${path}/${id}`, as('events:write'))).status).toBe(204);
  });
});
