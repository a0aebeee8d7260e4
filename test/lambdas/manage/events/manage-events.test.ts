import type { APIGatewayProxyEvent } from 'aws-lambda';
import { CloudEvent, HTTP, type CloudEvent as Sdk } from 'cloudevents';
import fc from 'fast-check';
import type { EventBatch, FanOutMarker } from '../../../../core/events/ports';
import { readEventRecord } from '../../../../core/events/read-event-record';
import { encodeRecord } from '../../../../core/stream-record';
import type { Topic } from '../../../../core/topics/topic';
import {
  eventMethods,
  type ManageEventsPorts,
  makeManageEvents,
} from '../../../../lambdas/manage/events/manage-events';
import { httpFunction } from '../../../../lambdas/shared/http-function';
import { problemDialect } from '../../../../lambdas/shared/problem-dialect';
import { makeTimeLimit } from '../../../../lambdas/shared/time-limit';
import { aDelivery } from '../../../support/deliveries';
import { authenticate, requireDocumented } from '../../../support/manage-door';
import { makeMemoryDeliveryStore } from '../../../support/memory-delivery-store';
import {
  anEvent,
  MemoryCallClaims,
  MemoryEventHistory,
  MemoryFanOutMarkers,
} from '../../../support/memory-dispatch';
import { MemoryTopicStore } from '../../../support/memory-registry';
import { unsignedToken } from '../../../support/tokens';

const now = new Date('2026-11-20T12:00:00.000Z');
const scopes = 'events:read events:write';

let batches: EventBatch[];
let topics: MemoryTopicStore;
let markers: MemoryFanOutMarkers;
let history: MemoryEventHistory;
let deliveries: ReturnType<typeof makeMemoryDeliveryStore>;
let ports: ManageEventsPorts;

async function makeTopic(topic: Partial<Topic> & { readonly name?: string } = {}): Promise<void> {
  const { name = 'orders', ...rest } = topic;
  await topics.create({ key: { door: 'manage', name }, createdAt: '2026-11-20T10:00:00.000Z', ...rest });
}

beforeEach(async () => {
  batches = [];
  topics = new MemoryTopicStore();
  markers = new MemoryFanOutMarkers();
  history = new MemoryEventHistory();
  deliveries = makeMemoryDeliveryStore();
  let made = 0;
  ports = {
    topics,
    markers,
    history,
    lister: history,
    tally: deliveries,
    stream: { append: async (appended) => void batches.push(...appended) },
    calls: new MemoryCallClaims(),
    timeLimit: makeTimeLimit(300),
    random: (count) => {
      made += 1;
      return new Uint8Array(count).fill(made);
    },
    now: () => now,
    authenticate,
  };
  await makeTopic();
});

interface Call {
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly parameters?: Record<string, string>;
  readonly query?: Record<string, string>;
  readonly scope?: string;
  readonly subject?: string;
}

async function call(method: string, resource: string, options: Call = {}) {
  const { body, headers = {}, scope = scopes, subject = 'alice' } = options;
  const invoke = httpFunction({
    name: 'manage-events',
    ...eventMethods,
    dialect: problemDialect,
    wire: () => makeManageEvents(ports),
  });
  const result = await invoke({
    httpMethod: method,
    resource,
    path: resource,
    pathParameters: options.parameters ?? null,
    queryStringParameters: options.query ?? null,
    headers: { Authorization: `Bearer ${unsignedToken({ sub: subject, scope })}`, ...headers },
    body: body === undefined || typeof body === 'string' ? (body ?? null) : JSON.stringify(body),
    isBase64Encoded: false,
    requestContext: { requestId: 'request-1' },
  } as unknown as APIGatewayProxyEvent);
  requireDocumented({
    method,
    path: resource,
    query: Object.keys(options.query ?? {}),
    status: result.statusCode,
    contentType: String(result.headers?.['content-type']),
    text: result.body,
    scopes: scope.split(' '),
  });
  return {
    status: result.statusCode,
    headers: result.headers ?? {},
    text: result.body,
    body: result.body ? JSON.parse(result.body) : undefined,
  };
}

const publish = (body: unknown, headers: Record<string, string> = {}, more: Call = {}) =>
  call('POST', '/v1/events', { body, headers: { 'Content-Type': 'application/json', ...headers }, ...more });

const published = () => batches.flatMap(({ events }) => events);

const structured = { 'Content-Type': 'application/cloudevents+json; charset=UTF-8' };
const batch = { 'Content-Type': 'application/cloudevents-batch+json' };
const binary = { 'ce-specversion': '1.0', 'ce-id': 'a-1', 'ce-source': '/shop', 'ce-type': 'orders' };
const cloudEvent = { specversion: '1.0', id: 'a-1', source: '/shop', type: 'orders' };

describe('publishing in plain JSON', () => {
  it('appends the event and tells its id', async () => {
    const answer = await publish(
      `{"topic":"orders","data":{"total": 1.10,"big":12345678901234567890},"id":"a-1","subject":"s",
        "time":"2026-11-20T13:00:00+02:00","attributes":{"tenant":"t1"},"expires_at":"2026-11-21T00:00:00+01:00"}`,
    );
    const [event] = published();
    expect(answer).toMatchObject({
      status: 202,
      body: { events: [{ id: event?.id, client_id: 'a-1', topic: 'orders' }] },
    });
    expect(event).toEqual({
      id: expect.stringMatching(/^evt_[\w-]{24}$/),
      topic: { door: 'manage', name: 'orders' },
      source: '/v1/events',
      subject: 's',
      time: '2026-11-20T11:00:00.000Z',
      dataJson: '{"total": 1.10,"big":12345678901234567890}',
      attributes: { tenant: 't1' },
      clientId: 'a-1',
      expiresAt: '2026-11-20T23:00:00.000Z',
    });
    expect(batches[0]?.partitionKey).toBe('s');
  });

  it('mints an id and takes the time of arrival where none is given', async () => {
    await publish({ topic: 'orders', data: null });
    await publish({ topic: 'orders', data: null });
    const [one, other] = published();
    expect(one).toMatchObject({ time: now.toISOString(), dataJson: 'null' });
    expect(one?.id).toMatch(/^evt_[\w-]{24}$/);
    expect(one?.id).not.toBe(other?.id);
    expect(batches.map(({ partitionKey }) => partitionKey)).toEqual([one?.id, other?.id]);
  });

  it('appends a list as one record, in its order', async () => {
    const list = ['a', 'b', 'c'].map((id) => ({ topic: 'orders', data: id, id, subject: id }));
    const { body } = await publish(list);
    expect(batches).toHaveLength(1);
    expect(batches[0]?.partitionKey).toBe('a');
    expect(published().map(({ dataJson }) => dataJson)).toEqual(['"a"', '"b"', '"c"']);
    expect(body.events.map(({ client_id }: { client_id: string }) => client_id)).toEqual(['a', 'b', 'c']);
  });

  it('takes an empty list for nothing to do', async () => {
    expect(await publish([])).toMatchObject({ status: 202, body: { events: [] } });
    expect(batches).toEqual([]);
  });

  it('keeps the text of the data whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.constantFrom(undefined, 2), async (data, space) => {
        batches = [];
        const text = JSON.stringify(data, undefined, space);
        expect((await publish(`{"data" : ${text} , "topic":"orders"}`)).status).toBe(202);
        expect(published()[0]?.dataJson).toBe(text);
      }),
      { numRuns: 50 },
    );
  });

  it.each<[string, unknown, number, string]>([
    ['no topic', { data: 1 }, 400, 'topic'],
    ['no data', { topic: 'orders' }, 400, 'data'],
    ['an unknown key', { topic: 'orders', data: 1, retention: 1 }, 400, '"retention"'],
    ['__proto__', '{"topic":"orders","data":1,"__proto__":{"id":"x"}}', 400, '__proto__'],
    ['an unknown topic', { topic: 'nobody', data: 1 }, 404, '"nobody"'],
    ['a topic of the system', { topic: 'profile.created', data: 1 }, 403, 'profile.created'],
    ['a name the system may use', { topic: 'system/profile.created', data: 1 }, 403, 'system'],
    ['an empty id', { topic: 'orders', data: 1, id: '' }, 400, 'id'],
    ['a long id', { topic: 'orders', data: 1, id: 'x'.repeat(257) }, 400, 'id'],
    ['half a character', '{"topic":"orders","data":1,"subject":"\\ud800"}', 400, 'subject'],
    ['a time without a zone', { topic: 'orders', data: 1, time: '2026-11-20T13:00:00' }, 400, 'time'],
    ['an expiry that is none', { topic: 'orders', data: 1, expires_at: 'soon' }, 400, 'expires_at'],
    [
      'an expiry after 9999',
      { topic: 'orders', data: 1, expires_at: '9999-12-31T23:59:59-01:00' },
      400,
      '9999',
    ],
    ['a time before 0000', { topic: 'orders', data: 1, time: '0000-01-01T00:00:00+01:00' }, 400, 'time'],
    ['a day that is none', { topic: 'orders', data: 1, time: '2026-02-30T13:00:00Z' }, 400, 'time'],
    ['an attribute that is no text', { topic: 'orders', data: 1, attributes: { a: 1 } }, 400, '"a"'],
    ['a reserved attribute', '{"topic":"orders","data":1,"attributes":{"__proto__":"x"}}', 400, '__proto__'],
    ['a list of attributes', { topic: 'orders', data: 1, attributes: ['a'] }, 400, 'attributes'],
    [
      '65 attributes',
      {
        topic: 'orders',
        data: 1,
        attributes: Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`a${index}`, ''])),
      },
      400,
      '65',
    ],
    ['a text', '"x"', 400, 'JSON object'],
    ['no body', undefined, 400, 'no body'],
    ['no JSON', '{"topic":', 400, 'JSON'],
    ['the second of a list', [{ topic: 'orders', data: 1 }, { topic: 'orders' }], 400, 'event 1: data'],
    ['a list in a list', [[]], 400, 'event 0'],
    ['1001 events', Array(1001).fill({ topic: 'orders', data: 1 }), 413, '1001'],
    ['a large event', { topic: 'orders', data: 'x'.repeat(262_000) }, 413, '262144'],
    [
      'a large event of a list',
      [
        { topic: 'orders', data: 1 },
        { topic: 'orders', data: 'x'.repeat(262_200) },
      ],
      413,
      'event 1: ',
    ],
    ['more than 4 MB', [{ topic: 'orders', data: 'x'.repeat(4_000_000) }], 413, '4000000'],
  ])('refuses %s, and publishes nothing', async (_, body, status, told) => {
    const answer = await publish(body);
    expect([answer.status, answer.body.detail]).toEqual([status, expect.stringContaining(told)]);
    expect(batches).toEqual([]);
  });

  it('refuses a body that compresses to more than a record holds, or unpacks to more', async () => {
    const noise = (seed: number) =>
      Array.from({ length: 12_000 }, (_, index) => Math.sin(seed * 1e5 + index).toString(36)).join('');
    const list = Array.from({ length: 15 }, (_, seed) => ({ topic: 'orders', data: noise(seed) }));
    const answer = await publish(list);
    expect([answer.status, answer.body.detail]).toEqual([413, expect.stringContaining('compressed')]);
    expect(batches).toEqual([]);
  });

  it('takes nothing that dispatch could not read, also where escaping doubles the size', async () => {
    const event = (quotes: number) => `{"topic":"orders","data":${JSON.stringify('"'.repeat(quotes))}}`;
    expect((await publish(`[${Array(30).fill(event(65_000)).join(',')}]`)).status).toBe(202);
    const data = encodeRecord({ v: 1, kind: 'events', events: published() });
    expect(readEventRecord(data)).toMatchObject({ ok: true });
    expect((await publish(event(66_000))).status).toBe(413);
  });

  it('tells nothing of a failure of ours, and is not taken for accepted', async () => {
    ports = {
      ...ports,
      stream: { append: async () => Promise.reject(new Error('stream events-7 is gone')) },
    };
    const { status, text } = await publish({ topic: 'orders', data: 1 });
    expect(status).toBe(500);
    expect(text).not.toContain('events-7');
  });
});

describe('ids', () => {
  const idOf = async (body: unknown, more: Call = {}, headers = {}) =>
    (await publish(body, headers, more)).body.events[0].id as string;
  const event = { topic: 'orders', data: 1, id: 'a-1', source: '/shop' };

  it('are the same for the same caller, source and id, and for nobody else', async () => {
    const id = await idOf(event);
    expect(await idOf({ ...event, data: 2, time: '2026-01-01T00:00:00Z' })).toBe(id);
    const others = [
      await idOf(event, { subject: 'bob' }),
      await idOf({ ...event, source: '/other' }),
      await idOf({ ...event, id: 'a-2' }),
    ];
    expect(new Set([id, ...others]).size).toBe(4);
  });

  it('follow from the Idempotency-Key and the place, where there is no id', async () => {
    const list = [{ topic: 'orders', data: 1 }, { topic: 'orders', data: 2 }, event];
    const ids = async (key: string, subject = 'alice') =>
      (await publish(list, { 'Idempotency-Key': key }, { subject })).body.events.map(
        ({ id }: { id: string }) => id,
      );
    const first = await ids('k1');
    expect(await ids('k1')).toEqual(first);
    const all = [first, await ids('k2'), await ids('k1', 'bob')].flat();
    // The event with an id of its own is the same in both calls of alice.
    expect(new Set(all).size).toBe(8);
  });

  it('are not given to another body under a used Idempotency-Key: nothing is published', async () => {
    const key = { 'Idempotency-Key': 'k1' };
    const body = { topic: 'orders', data: { total: 1 } };
    expect((await publish(body, key)).status).toBe(202);
    const before = batches.length;
    for (const other of [{ ...body, data: { total: 2 } }, { ...body, subject: 's' }, [body], [body, body]]) {
      const { status, body: told } = await publish(other, key);
      // A list of one is the same event; how it was sent makes no difference.
      expect([status, told.code]).toEqual(
        Array.isArray(other) && other.length === 1 ? [202, undefined] : [409, 'conflict'],
      );
    }
    expect(batches).toHaveLength(before + 1);
    expect((await publish(body, key, { subject: 'bob' })).status).toBe(202);
  });

  it('are not given to numbers that parsing takes for the same, but to the same ones with other spaces', async () => {
    const send = (body: string) => publish(body, { 'Idempotency-Key': 'k1' });
    const first = await send('{"topic":"orders","data":{"n":9007199254740992,"text":" \\" a"}}');
    const again = await send('{ "topic": "orders", "data": { "n": 9007199254740992,\n"text": " \\" a" } }');
    expect([first.status, again.body]).toEqual([202, first.body]);
    for (const n of ['9007199254740993', '9007199254740992.0']) {
      const other = await send(`{"topic":"orders","data":{"n":${n},"text":" \\" a"}}`);
      expect([other.status, other.body.code]).toEqual([409, 'conflict']);
    }
    expect((await send('{"topic":"orders","data":{"n":9007199254740992,"text":" \\"a"}}')).status).toBe(409);
  });

  it('leave an Idempotency-Key free when what it came with was refused', async () => {
    const key = { 'Idempotency-Key': 'k1' };
    expect((await publish({ topic: 'nowhere', data: 1 }, key)).status).toBe(404);
    expect((await publish({ topic: 'orders', data: 1 }, key)).status).toBe(202);
  });

  it.each(['', 'x'.repeat(256), 'ü'])('refuses the Idempotency-Key %j', async (key) => {
    const answer = await publish({ topic: 'orders', data: 1 }, { 'Idempotency-Key': key });
    expect([answer.status, answer.body.detail]).toEqual([400, expect.stringContaining('Idempotency-Key')]);
  });
});

describe('publishing CloudEvents', () => {
  const full = {
    ...cloudEvent,
    subject: 'ad|x',
    time: '2026-11-20T10:00:00.123456789Z',
    dataschema: 'https://example.org/order',
    tenant: 't 1 é',
    expirytime: '2026-11-21T00:00:00Z',
    data: { total: 1.5 },
  };
  const asEvent = {
    topic: { door: 'manage', name: 'orders' },
    source: '/shop',
    subject: 'ad|x',
    time: '2026-11-20T10:00:00.123456789Z',
    dataJson: '{"total":1.5}',
    attributes: { dataschema: 'https://example.org/order', tenant: 't 1 é' },
    clientId: 'a-1',
    expiresAt: '2026-11-21T00:00:00.000Z',
  };

  it('means the same in all modes', async () => {
    const { data, tenant, ...rest } = full;
    const headers = Object.fromEntries(Object.entries(rest).map(([name, value]) => [`CE-${name}`, value]));
    const answers = [
      await publish(full, structured),
      await publish([full], batch),
      await publish(data, { ...headers, 'ce-tenant': 't%201%20%c3%A9' }),
      await publish(data, { ...headers, 'ce-tenant': '"t 1 %C3%A9"' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    const id = answers[0]?.body.events[0].id;
    expect(published()).toEqual(Array(4).fill({ id, ...asEvent }));
  });

  it('takes what the CloudEvents SDK sends in both modes', async () => {
    const event: Sdk<unknown> = new CloudEvent({ ...full, tenant: 't1' });
    for (const message of [HTTP.binary(event), HTTP.structured(event)]) {
      const answer = await publish(message.body, message.headers as Record<string, string>);
      expect(answer.status).toBe(202);
    }
    const [one, other] = published();
    expect(one).toEqual(other);
    expect(one).toMatchObject({ dataJson: '{"total":1.5}', clientId: 'a-1', attributes: { tenant: 't1' } });
  });

  it('keeps every digit, of data and of integers among the extensions', async () => {
    await publish(
      '{"specversion":"1.0","id":"1","source":"/s","type":"orders","big":12345678901234567890,"flag":true,"none":null,"data":1.10}',
      structured,
    );
    await publish('[1.10 ]\n', binary);
    expect(published().map(({ dataJson }) => dataJson)).toEqual(['1.10', '[1.10 ]']);
    expect(published()[0]?.attributes).toEqual({ big: '12345678901234567890', flag: 'true' });
  });

  it('takes one without data', async () => {
    await publish(cloudEvent, structured);
    await publish(undefined, { ...binary, 'Content-Type': '' });
    expect(published().map(({ dataJson }) => dataJson)).toEqual(['null', 'null']);
  });

  it('decodes headers once, quotes first', async () => {
    await publish('1', {
      ...binary,
      'ce-subject': '%2541',
      'ce-a': '"a\\"b\\\\c"',
      'ce-b': '100%',
      'ce-c': '%E2%82%AC',
    });
    expect(published()[0]).toMatchObject({
      subject: '%41',
      attributes: { a: 'a"b\\c', b: '100%', c: '€' },
    });
  });

  it.each<[string, unknown, Record<string, string>, number, string]>([
    ['no version', '1', { ...binary, 'ce-specversion': '' }, 400, 'specversion'],
    ['an old version', '1', { ...binary, 'ce-specversion': '0.3' }, 400, '1.0'],
    ['no id', '1', { ...binary, 'ce-id': '' }, 400, 'id'],
    ['the type alone', '1', { 'ce-type': 'orders' }, 400, 'specversion'],
    ['a header that is no UTF-8', '1', { ...binary, 'ce-subject': '%ff' }, 400, 'ce-subject'],
    ['a name with a dash', '1', { ...binary, 'ce-my-name': 'x' }, 400, 'my-name'],
    ['text', 'hello', { ...binary, 'Content-Type': 'text/plain' }, 415, 'media type'],
    ['a form', 'a=b', { ...binary, 'Content-Type': 'application/x-www-form-urlencoded' }, 415, 'media type'],
    ['no JSON', 'hello', binary, 400, 'JSON'],
    ['Avro', 'x', { 'Content-Type': 'application/cloudevents+avro' }, 415, 'application/cloudevents+json'],
    ['a batch of Avro', 'x', { 'Content-Type': 'application/cloudevents-batch+avro' }, 415, 'batch+json'],
    ['binary data', { ...cloudEvent, data_base64: 'AA==' }, structured, 415, 'data_base64'],
    ['text data', { ...cloudEvent, datacontenttype: 'text/plain', data: 'x' }, structured, 415, 'media type'],
    ['an object for an extension', { ...cloudEvent, a: {} }, structured, 400, 'a: '],
    ['a fraction for an extension', { ...cloudEvent, a: 1.5 }, structured, 400, 'a: '],
    ['upper case', { ...cloudEvent, traceParent: 'x' }, structured, 400, 'traceParent'],
    ['an array as one', [cloudEvent], structured, 400, 'JSON object'],
    ['one as a batch', cloudEvent, batch, 400, 'array'],
    ['the second of a batch', [cloudEvent, { ...cloudEvent, source: '' }], batch, 400, 'event 1: source'],
    ['a time that is none', { ...cloudEvent, time: 'noon' }, structured, 400, 'time'],
    ['a topic that is none', { ...cloudEvent, type: 'com.example' }, structured, 404, '"com.example"'],
  ])('refuses %s, and publishes nothing', async (_, body, headers, status, told) => {
    const answer = await publish(body, headers);
    expect([answer.status, answer.body.detail]).toEqual([status, expect.stringContaining(told)]);
    expect(batches).toEqual([]);
  });
});

describe('a topic', () => {
  it('with a schema takes what fits, and tells where the rest does not, without the value', async () => {
    await makeTopic({ name: 'strict', schema: { properties: { total: { type: 'number' } } } });
    const list = [{ total: 1 }, { total: 's3cret' }].map((data) => ({ topic: 'strict', data }));
    const answer = await publish(list);
    expect([answer.status, answer.body.detail]).toEqual([
      400,
      'event 1: data.total does not fit the schema of its topic: expected {"type":"number"}',
    ]);
    expect(batches).toEqual([]);
    expect((await publish(list.slice(0, 1))).status).toBe(202);
  });

  it('with a schema that hangs does not take the door with it', async () => {
    await makeTopic({ name: 'slow', schema: { pattern: '^(a+)+$' } });
    const answer = await publish({ topic: 'slow', data: `${'a'.repeat(60)}b` });
    expect([answer.status, answer.body.detail]).toEqual([400, expect.stringContaining('"slow"')]);
    expect(batches).toEqual([]);
  });

  it('that is deprecated takes events and says so', async () => {
    const deprecation = { since: '2026-11-01T00:00:00.000Z', notice: 'use orders.v2' };
    await makeTopic({ name: 'old', deprecation });
    expect(await publish({ topic: 'old', data: 1 })).toMatchObject({
      status: 202,
      headers: { deprecation: '@1793491200' },
      body: { warnings: ['the topic "old" is deprecated: use orders.v2'] },
    });
    expect((await publish({ topic: 'orders', data: 1 })).headers).not.toHaveProperty('deprecation');
  });

  it('of another door is named in full', async () => {
    await topics.create({ key: { door: 'topics', name: 'news' }, createdAt: '2026-11-20T10:00:00.000Z' });
    const answer = await publish({ topic: 'topics/news', data: 1 });
    expect(answer.body.events[0].topic).toBe('topics/news');
    expect(published()[0]?.topic).toEqual({ door: 'topics', name: 'news' });
  });

  it('is asked for once, however many events name it', async () => {
    const find = jest.spyOn(topics, 'find');
    await publish(Array(50).fill({ topic: 'orders', data: 1 }));
    expect(find).toHaveBeenCalledTimes(1);
  });
});

const order = (second: number, digits = '00000000') =>
  `${now.getTime() + second * 1000}.0000000000.${digits}`;

/** As dispatch leaves it behind. */
async function dispatched(id: string, second: number, plan: readonly string[] = [], topic = 'orders') {
  const event = anEvent(id, { topic: { door: topic.includes('.') ? 'system' : 'manage', name: topic } });
  await history.keep(order(second), event);
  await markers.claim({
    eventId: id,
    winner: { sequenceNumber: '1', shardId: 's' },
    topic: `${event.topic.door}/${topic}`,
    order: order(second),
    plan: plan.map((subscription) => ({ id: subscription })),
  });
}

const read = (id: string, more: Call = {}) =>
  call('GET', '/v1/events/{id}', { parameters: { id: encodeURIComponent(id) }, ...more });

describe('reading', () => {
  it('shows an event with its data as it came', async () => {
    await dispatched('evt_1', 0);
    const answer = await read('evt_1');
    expect(answer.text).toContain('"data":{"total":12.50}');
    expect(answer).toMatchObject({
      status: 200,
      body: { id: 'evt_1', topic: 'orders', source: '/shop', dispatched_at: now.toISOString() },
    });
  });

  it.each(['evt_none', 'x'.repeat(300), '../x', 'é'])('knows no event %j', async (id) => {
    expect(await read(id)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('says that the content is gone, of what was erased and of what has expired', async () => {
    await dispatched('evt_1', 0, ['sub_1']);
    await dispatched('evt_2', 1);
    const marker = markers.markers.get('evt_1');
    markers.markers.set('evt_1', { ...marker, erased: true } as FanOutMarker);
    history.rows.delete(order(1));
    for (const id of ['evt_1', 'evt_2']) {
      const answer = await read(id);
      expect([answer.status, answer.body.detail]).toEqual([404, expect.stringContaining('gone')]);
    }
    expect((await ledgerOf('evt_1')).body).toMatchObject({ fanned_out: 1 });
  });

  it('shows what the system announces to those alone who may subscribe to it', async () => {
    await dispatched('evt_1', 0, [], 'profile.created');
    const query = { topic: 'profile.created', hour: '2026-11-20T12' };
    for (const scope of [scopes, `${scopes} subscriptions:system`]) {
      const status = scope === scopes ? 403 : 200;
      const list = { query: { topic: 'profile.created' }, scope };
      expect((await read('evt_1', { scope })).status).toBe(status);
      expect((await call('GET', '/v1/events', list)).status).toBe(status);
      expect((await call('GET', '/v1/ledger', { query, scope })).status).toBe(status);
      expect((await ledgerOf('evt_1', { scope })).status).toBe(status);
    }
  });

  it('lists by topic and time, newest first or oldest first, page by page', async () => {
    for (let second = 0; second < 5; second += 1) {
      await dispatched(`evt_${second}`, second);
    }
    await dispatched('evt_other', 9, [], 'others');
    const ids = async (query: Record<string, string>) => {
      const answer = await call('GET', '/v1/events', { query: { topic: 'orders', ...query } });
      expect(answer.status).toBe(200);
      return [answer.body.events.map(({ id }: { id: string }) => id), answer.body.next];
    };
    const [first, next] = await ids({ limit: '3' });
    expect(first).toEqual(['evt_4', 'evt_3', 'evt_2']);
    expect(await ids({ limit: '3', next })).toEqual([['evt_1', 'evt_0'], undefined]);
    const range = { from: '2026-11-20T12:00:01Z', to: '2026-11-20T13:00:03+01:00', order: 'asc' };
    expect(await ids(range)).toEqual([['evt_1', 'evt_2'], undefined]);
  });

  it.each<[Record<string, string>, string]>([
    [{}, 'topic'],
    [{ topic: 'orders', order: 'up' }, 'order'],
    [{ topic: 'orders', from: 'yesterday' }, 'from'],
    [{ topic: 'orders', to: '2026-11-20T12:00:00' }, 'to'],
    [{ topic: 'orders', from: '2026-11-20T12:00:00Z', to: '2026-11-20T12:00:00Z' }, 'before'],
    [{ topic: 'orders', next: '?' }, 'next'],
    [{ topic: 'orders', next: Buffer.from('9'.repeat(40)).toString('base64url') }, 'next'],
    [{ topic: 'orders', limit: '101' }, 'limit'],
  ])('refuses the list %j', async (query, told) => {
    const answer = await call('GET', '/v1/events', { query });
    expect([answer.status, answer.body.detail]).toEqual([400, expect.stringContaining(told)]);
  });

  it('knows no list of a topic that is not there', async () => {
    expect((await call('GET', '/v1/events', { query: { topic: 'nobody' } })).status).toBe(404);
  });
});

const ledgerOf = (id: string, more: Call = {}) =>
  call('GET', '/v1/events/{id}/ledger', { parameters: { id }, ...more });

describe('the ledger', () => {
  const states = ['delivered', 'dead', 'skipped', 'erased', 'pending'] as const;

  it('of an event counts what ended, and takes the rest for pending', async () => {
    const plan = ['a', 'b', 'c', 'd', 'e', 'f'];
    await dispatched('evt_1', 0, plan);
    for (const [index, state] of states.entries()) {
      await deliveries.write(aDelivery({ subscriptionId: plan[index] as string, state }));
    }
    expect((await ledgerOf('evt_1')).body).toEqual({
      ...{ event_id: 'evt_1', fanned_out: 6, delivered: 1, dead: 1, skipped: 1, erased: 1, pending: 2 },
      balanced: true,
    });
  });

  it('shows replays apart', async () => {
    await dispatched('evt_1', 0, ['a']);
    await deliveries.write(aDelivery({ subscriptionId: 'a', state: 'delivered' }));
    await deliveries.write(aDelivery({ subscriptionId: 'a', state: 'dead', run: 7 }));
    await deliveries.write(aDelivery({ subscriptionId: 'b', state: 'delivered', run: 2 }));
    const counts = { pending: 0, delivered: 0, dead: 0, skipped: 0, erased: 0 };
    expect((await ledgerOf('evt_1')).body).toMatchObject({
      delivered: 1,
      dead: 0,
      pending: 0,
      replays: [
        { ...counts, run: 2, delivered: 1 },
        { ...counts, run: 7, dead: 1 },
      ],
    });
  });

  it('takes no replay for the live delivery that is pending', async () => {
    await dispatched('evt_1', 0, ['a']);
    await deliveries.write(aDelivery({ subscriptionId: 'a', state: 'delivered', run: 1 }));
    expect((await ledgerOf('evt_1')).body).toMatchObject({ delivered: 0, pending: 1, balanced: true });
  });

  it('says when more has ended than was begun', async () => {
    await dispatched('evt_1', 0, []);
    await deliveries.write(aDelivery({ subscriptionId: 'a', state: 'delivered' }));
    expect((await ledgerOf('evt_1')).body).toMatchObject({ pending: 0, balanced: false });
  });

  it('of an hour sums the events of a topic that arrived in it, page by page', async () => {
    const at = (minutes: number) => minutes * 60;
    const inHour = Array.from({ length: 130 }, (_, index) => index);
    for (const index of inHour) {
      await dispatched(`evt_${index}`, index, ['a', 'b']);
      await deliveries.write(aDelivery({ eventId: `evt_${index}`, subscriptionId: 'a', state: 'delivered' }));
    }
    await dispatched('before', -1, ['a']);
    await dispatched('after', at(60), ['a']);
    const query = { topic: 'orders', hour: '2026-11-20T12' };
    const first = await call('GET', '/v1/ledger', { query });
    const second = await call('GET', '/v1/ledger', { query: { ...query, next: first.body.next } });
    const counted = [first, second].map(({ body }) => [
      body.events,
      body.fanned_out,
      body.delivered,
      body.pending,
    ]);
    expect(counted).toEqual([
      [100, 200, 100, 100],
      [30, 60, 30, 30],
    ]);
    expect([first.body.balanced, second.body.next, second.body.hour]).toEqual([
      true,
      undefined,
      '2026-11-20T12',
    ]);
  });

  it('reads nothing for events that went to nobody', async () => {
    await dispatched('evt_1', 0, []);
    const tally = jest.spyOn(deliveries, 'tally');
    await call('GET', '/v1/ledger', { query: { topic: 'orders', hour: '2026-11-20T12' } });
    expect(tally).not.toHaveBeenCalled();
  });

  it.each<[Record<string, string>, string]>([
    [{ topic: 'orders' }, 'hour'],
    [{ topic: 'orders', hour: '2026-11-20' }, 'hour'],
    [{ topic: 'orders', hour: '2026-11-20T25' }, 'hour'],
    [{ hour: '2026-11-20T12' }, 'topic'],
    [{ topic: 'orders', hour: '2026-11-20T12', next: 'x' }, 'next'],
  ])('refuses the hour %j', async (query, told) => {
    const answer = await call('GET', '/v1/ledger', { query });
    expect([answer.status, answer.body.detail]).toEqual([400, expect.stringContaining(told)]);
  });
});

it.each<[string, string, string, number]>([
  ['POST', '/v1/events', 'events:read', 403],
  ['GET', '/v1/events', 'events:write', 403],
  ['GET', '/v1/events/{id}', 'events:write', 403],
  ['GET', '/v1/events/{id}/ledger', '', 403],
  ['GET', '/v1/ledger', '', 403],
  ['DELETE', '/v1/events', scopes, 405],
  ['POST', '/v1/events/{id}', scopes, 405],
])('answers %s %s with the scopes %j by %i', async (method, resource, scope, status) => {
  const answer = await call(method, resource, {
    scope,
    body: { topic: 'orders', data: 1 },
    parameters: { id: 'x' },
  });
  expect(answer.status).toBe(status);
  expect(batches).toEqual([]);
});
