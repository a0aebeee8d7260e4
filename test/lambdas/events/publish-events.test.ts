import type { EventBatch, OfferOutcome } from '../../../core/events/ports';
import { readEventRecord } from '../../../core/events/read-event-record';
import { encodeRecord } from '../../../core/stream-record';
import type { Topic } from '../../../core/topics/topic';
import { makePublishEvents, type PublishEventsPorts } from '../../../lambdas/events/publish-events';
import { eventsDialect } from '../../../lambdas/shared/events-dialect';
import { httpFunction } from '../../../lambdas/shared/http-function';
import { makeTimeLimit } from '../../../lambdas/shared/time-limit';
import { authenticate } from '../../support/manage-door';
import { MemoryTopicStore } from '../../support/memory-registry';
import { unsignedToken } from '../../support/tokens';

const now = Date.parse('2026-11-20T12:00:00.000Z');
const draft4 = 'http://json-schema.org/draft-04/schema#';
const retryable = ['ProvisionedThroughputExceededException', 'InternalFailureException'];

let batches: EventBatch[];
let topics: MemoryTopicStore;
let ports: PublishEventsPorts;
/** What the stream says of the batches of a call; `taken` where it says nothing. */
let said: OfferOutcome[];

beforeEach(() => {
  batches = [];
  said = [];
  topics = new MemoryTopicStore();
  let made = 0;
  ports = {
    topics,
    stream: {
      offer: async (offered) => {
        const outcomes = offered.map((_, index) => said[index] ?? 'taken');
        batches.push(...offered.filter((_, index) => outcomes[index] === 'taken'));
        return outcomes;
      },
    },
    timeLimit: makeTimeLimit(200),
    acceptUnknownTopics: true,
    clock: () => now,
    makeJobId: () => 'job-made',
    random: (count) => {
      made += 1;
      return new Uint8Array(count).fill(made);
    },
  };
});

async function makeTopic(schema: Topic['schema'], name = 'testing.TestCreated'): Promise<void> {
  await topics.create({ key: { door: 'events', name }, createdAt: 'then', ...(schema && { schema }) });
}

function anEntityEvent(changes: Record<string, unknown> = {}) {
  const actor = { id: 'USER-1', type: 'user' };
  return { action: 'Created', category: 'testing', entity: 'Test', data: { id: '0' }, actor, ...changes };
}

interface Call {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly resource?: string;
  readonly proxy?: string;
}

async function post(path: string, body: unknown, call: Call = {}) {
  const invoke = httpFunction({
    name: 'publish-events',
    dialect: eventsDialect,
    methods: ['POST'],
    wire: () => makePublishEvents(ports),
  });
  const reply = await invoke({
    httpMethod: call.method ?? 'POST',
    path,
    resource: call.resource ?? path.replace(/\/$/, ''),
    pathParameters: call.proxy === undefined ? null : { proxy: call.proxy },
    queryStringParameters: null,
    headers: { 'Content-Type': 'application/json', ...call.headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    isBase64Encoded: false,
    requestContext: { requestId: 'request-1' },
    // biome-ignore lint/suspicious/noExplicitAny: what the wrapper reads of it is above.
  } as any);
  return { status: reply.statusCode, json: JSON.parse(reply.body) };
}

const events = () => batches.flatMap((batch) => batch.events);

describe('POST /events', () => {
  it.each([
    ['/events', {}],
    ['/events/', {}],
    ['//events', { resource: '/{proxy+}', proxy: '/events' }],
    ['//events/', { resource: '/{proxy+}', proxy: 'events/' }],
  ])('%s answers 201 with the ids, and without failedRecords', async (path, call) => {
    const reply = await post(path, anEntityEvent(), call);
    expect(reply).toEqual({ status: 201, json: { eventId: events()[0]?.id, jobId: 'job-made' } });
    expect(events()).toHaveLength(1);
  });

  it('hands on job id, actor, category, entity, action and trace', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const headers = { 'X-BriteCore-Job-Id': 'job-7', traceparent, tracestate: 'a=1' };
    const reply = await post('/events', anEntityEvent({ entity: 'MyEntity' }), { headers });
    expect(reply.json.jobId).toBe('job-7');
    expect(batches[0]?.partitionKey).toBe('job-7');
    expect(events()).toMatchObject([
      {
        topic: { door: 'events', name: 'testing.MyEntityCreated' },
        source: '/events',
        time: '2026-11-20T12:00:00.000Z',
        actor: { id: 'USER-1', type: 'user' },
        attributes: {
          category: 'testing',
          entity: 'MyEntity',
          action: 'Created',
          actorid: 'USER-1',
          actortype: 'user',
          jobid: 'job-7',
          traceparent,
          tracestate: 'a=1',
        },
      },
    ]);
  });

  it('keeps the data as it came, with every digit, in a record that dispatch reads', async () => {
    const body = JSON.stringify(anEntityEvent()).replace('{"id":"0"}', '{"n": 12345678901234567890.10}');
    await post('/events', body);
    expect(events()[0]?.dataJson).toBe('{"n": 12345678901234567890.10}');
    const record = encodeRecord({ v: 1, kind: 'events', events: events() });
    expect(readEventRecord(record)).toEqual({ ok: true, events: events() });
  });

  it.each([
    ['no action', { action: undefined }],
    ['an action of two words', { action: 'TestCreated' }],
    ['a line feed behind the action', { action: 'Created\n' }],
    ['a capital in the category', { category: 'Testing' }],
    ['an acronym in the entity', { entity: 'APIKey' }],
    ['data that is a list', { data: [1] }],
    ['data without a property', { data: {} }],
    ['an actor of four characters', { actor: { id: 'USER', type: 'user' } }],
    ['an actor of another type', { actor: { id: 'USER-1', type: 'robot' } }],
    ['half a character in the actor', { actor: { id: 'USER-\ud800', type: 'user' } }],
    ['a property more', { surplus: 1 }],
    ['an empty id', { id: '' }],
    ['a time that is none', { time: 'yesterday' }],
    ['a category of the system', { category: 'profile' }],
    ['a name too long for a key', { entity: `A${'a'.repeat(300)}` }],
    ['data deeper than can be judged', { data: JSON.parse(`${'{"a":'.repeat(300)}1${'}'.repeat(300)}`) }],
    ['more than 256 kB', { data: { text: 'x'.repeat(263_000) } }],
  ])('refuses %s once and for all', async (_, changes) => {
    const reply = await post('/events', anEntityEvent(changes));
    expect(reply).toMatchObject({ status: 400, json: { errorType: 'ValidationException' } });
    expect(reply.json.message).toEqual(expect.any(String));
    expect(batches).toEqual([]);
  });

  it.each(['', 'nonsense', '[]', 'null', '"text"'])('refuses the body %j', async (body) => {
    const reply = await post('/events', body);
    expect(reply).toMatchObject({ status: 400, json: { errorType: 'ValidationException' } });
  });

  it('never tells what the data holds', async () => {
    await makeTopic({ $schema: draft4, properties: { id: { type: 'number' } } });
    const reply = await post('/events', anEntityEvent({ data: { id: 'confidential' } }));
    expect(reply.status).toBe(400);
    expect(reply.json.message).toContain('data.id');
    expect(JSON.stringify(reply.json)).not.toContain('confidential');
  });

  it.each(['GET', 'PUT', 'DELETE'])('refuses %s with a status that the client reads', async (method) => {
    const reply = await post('/events', '', { method });
    expect(reply).toMatchObject({ status: 400, json: { errorType: 'ValidationException' } });
  });

  it.each([
    ['throttled', 400, 'ProvisionedThroughputExceededException'],
    ['failed', 500, 'InternalFailureException'],
  ] as const)('has the client repeat what was %s', async (outcome, status, errorType) => {
    said = [outcome];
    expect(await post('/events', anEntityEvent())).toMatchObject({ status, json: { errorType } });
  });

  it('has the client repeat what a store failed at', async () => {
    ports = { ...ports, topics: { find: () => Promise.reject(new Error('the store is away')) } };
    const reply = await post('/events', anEntityEvent());
    expect(reply).toMatchObject({ status: 500, json: { errorType: 'InternalFailureException' } });
    expect(JSON.stringify(reply.json)).not.toContain('store');
  });

  it('gives what has an id the same id again, and its own to all that has none', async () => {
    const ids = [];
    for (const id of ['a', 'a', 'b', undefined, undefined]) {
      ids.push((await post('/events', anEntityEvent({ id }))).json.eventId);
    }
    expect(ids[1]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(4);
    expect(events().map(({ clientId }) => clientId)).toEqual(['a', 'a', 'b', undefined, undefined]);
  });

  it('keeps the time that an event brings, in UTC', async () => {
    await post('/events', anEntityEvent({ time: '2026-11-20T10:00:00+02:00' }));
    expect(events()[0]?.time).toBe('2026-11-20T08:00:00.000Z');
  });

  it.each([
    'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
    'nonsense',
  ])('leaves the trace %s out', async (traceparent) => {
    const reply = await post('/events', anEntityEvent(), { headers: { traceparent, tracestate: 'a=1' } });
    expect(reply.status).toBe(201);
    expect(Object.keys(events()[0]?.attributes ?? {})).not.toContain('traceparent');
    expect(Object.keys(events()[0]?.attributes ?? {})).not.toContain('tracestate');
  });
});

describe('the schema of a topic', () => {
  it('is enforced, as Draft 4', async () => {
    const schema = { $schema: draft4, properties: { n: { minimum: 1, exclusiveMinimum: true } } };
    await makeTopic(schema);
    expect((await post('/events', anEntityEvent({ data: { n: 1 } }))).status).toBe(400);
    expect((await post('/events', anEntityEvent({ data: { n: 2 } }))).status).toBe(201);
  });

  it('says nothing by its formats, but means a property of that name', async () => {
    await makeTopic({
      $schema: draft4,
      properties: {
        id: { type: 'string', format: 'uuid' },
        format: { type: 'number' },
        all: { items: [{ format: 'uri' }], enum: [['x'], [{ format: 1 }]] },
      },
    });
    const answer = async (data: unknown) => (await post('/events', anEntityEvent({ data }))).status;
    expect(await answer({ id: 'no uuid', all: ['x'] })).toBe(201);
    expect(await answer({ all: [{ format: 1 }] })).toBe(201);
    expect(await answer({ format: 'no number' })).toBe(400);
  });

  it('stands for a topic that is known, where others are refused', async () => {
    ports = { ...ports, acceptUnknownTopics: false };
    await makeTopic(undefined);
    expect((await post('/events', anEntityEvent())).status).toBe(201);
    const reply = await post('/events', anEntityEvent({ action: 'Deleted' }));
    expect(reply).toMatchObject({ status: 400, json: { errorType: 'ValidationException' } });
    expect(events()).toHaveLength(1);
  });

  it('that takes for ever holds nobody up', async () => {
    await makeTopic({ properties: { id: { pattern: '^(a+)+$' } } });
    const endless = anEntityEvent({ data: { id: `${'a'.repeat(40)}!` } });
    const reply = await post('/events/bulk/', [endless, anEntityEvent({ action: 'Deleted' })]);
    expect(reply.json.records).toEqual(['ValidationException', 'Success']);
  });
});

describe('POST /events/bulk', () => {
  it.each([
    ['/events/bulk', {}],
    ['/events/bulk/', {}],
    ['//events/bulk/', { resource: '/{proxy+}', proxy: '/events/bulk/' }],
  ])('%s takes 250 events whole and in order, as one record', async (path, call) => {
    const list = Array.from({ length: 250 }, (_, n) => anEntityEvent({ data: { n } }));
    const reply = await post(path, list, call);
    expect(reply).toMatchObject({ status: 201, json: { failedRecords: 0, jobId: 'job-made' } });
    expect(reply.json.records).toEqual(list.map(() => 'Success'));
    expect(reply.json.eventIds).toEqual(events().map(({ id }) => id));
    expect(batches).toHaveLength(1);
    expect(events().map(({ dataJson }) => dataJson)).toEqual(list.map(({ data }) => JSON.stringify(data)));
  });

  it('answers the empty list that the client sends after final refusals', async () => {
    const reply = await post('/events/bulk/', []);
    expect(reply).toMatchObject({ status: 201, json: { failedRecords: 0, records: [] } });
    expect(batches).toEqual([]);
  });

  it('publishes the good ones, and has none of the bad ones repeated', async () => {
    await makeTopic({ $schema: draft4, required: ['id'] });
    const list = [
      anEntityEvent(),
      anEntityEvent({ data: { other: 1 } }),
      null,
      [],
      'text',
      anEntityEvent({ category: 'NO' }),
      anEntityEvent({ data: { id: 'last' } }),
    ];
    const { status, json } = await post('/events/bulk/', list);
    const bad = Array.from({ length: 5 }, () => 'ValidationException');
    expect(status).toBe(201);
    expect(json.records).toEqual(['Success', ...bad, 'Success']);
    expect(json.failedRecords).toBe(5);
    expect(json.errors.map(({ index }: { index: number }) => index)).toEqual([1, 2, 3, 4, 5]);
    expect(events().map(({ dataJson }) => dataJson)).toEqual(['{"id":"0"}', '{"id":"last"}']);
    expect(retryable).not.toContain('ValidationException');
  });

  it('splits by bytes, and tells for each event what became of its record', async () => {
    const text = 'x'.repeat(200_000);
    const list = Array.from({ length: 10 }, (_, n) => anEntityEvent({ data: { n, text } }));
    said = ['taken', 'throttled', 'failed'];
    const { json } = await post('/events/bulk/', list);
    expect(json.records).toEqual([
      ...Array(4).fill('Success'),
      ...Array(4).fill('ProvisionedThroughputExceededException'),
      ...Array(2).fill('InternalFailureException'),
    ]);
    expect(json.failedRecords).toBe(6);
    expect(events()).toHaveLength(4);
  });

  it('has what it has no time to judge repeated, and lets nothing overtake it', async () => {
    await makeTopic({ $schema: draft4, required: ['id'] });
    let time = now;
    ports = {
      ...ports,
      clock: () => {
        time += 500;
        return time;
      },
    };
    const list = [anEntityEvent(), anEntityEvent(), anEntityEvent({ action: 'Deleted' })];
    const { json } = await post('/events/bulk/', list);
    expect(json.records).toEqual([
      'Success',
      'ProvisionedThroughputExceededException',
      'ProvisionedThroughputExceededException',
    ]);
    expect(events()).toHaveLength(1);
  });

  it('keeps the parts of a session in order: by its job id, else by who acts', async () => {
    await post('/events/bulk/', [anEntityEvent()], { headers: { 'X-BriteCore-Job-Id': 'job-7' } });
    await post('/events/bulk/', [anEntityEvent()]);
    await post('/events/bulk/', [null, anEntityEvent()]);
    expect(batches.map(({ partitionKey }) => partitionKey)).toEqual(['job-7', 'USER-1', 'job-made']);
  });

  it.each([{}, null, 'text'])('refuses the body %j', async (body) => {
    const reply = await post('/events/bulk/', JSON.stringify(body));
    expect(reply).toMatchObject({ status: 400, json: { errorType: 'ValidationException' } });
  });

  it('refuses more than a thousand events, naming the limit', async () => {
    const reply = await post('/events/bulk/', Array(1001).fill(anEntityEvent()));
    expect(reply.status).toBe(400);
    expect(reply.json.message).toContain('1000');
  });
});

describe('where the stage wants to know who calls', () => {
  beforeEach(() => {
    ports = { ...ports, authenticate };
  });
  const bearer = (scope: string, sub = 'alice') => ({
    headers: { Authorization: `Bearer ${unsignedToken({ sub, scope })}` },
  });

  it.each([
    ['nobody', {}],
    ['somebody without the scope', bearer('events:read')],
  ])('refuses %s with a status that the client reads', async (_, call) => {
    for (const [path, body] of [
      ['/events', anEntityEvent()],
      ['/events/bulk/', [anEntityEvent()]],
    ] as const) {
      const reply = await post(path, body, call);
      expect(reply).toMatchObject({ status: 400, json: { errorType: 'AccessDeniedException' } });
    }
    expect(batches).toEqual([]);
  });

  it('takes the events of who has the scope, and nobody takes the id of another’s', async () => {
    const [mine, theirs] = [
      await post('/events', anEntityEvent({ id: 'a' }), bearer('events:write')),
      await post('/events', anEntityEvent({ id: 'a' }), bearer('events:write', 'bob')),
    ];
    expect([mine?.status, theirs?.status]).toEqual([201, 201]);
    expect(mine?.json.eventId).not.toBe(theirs?.json.eventId);
  });
});

describe('every other path that is posted to', () => {
  it.each([
    ['/nothing', 404, 'code'],
    ['/api/nothing', 404, 'errors'],
    ['/events/nothing', 400, 'errorType'],
  ])('%s is not found, in the form that its clients expect', async (path, status, member) => {
    const reply = await post(path, anEntityEvent(), { resource: '/{proxy+}', proxy: path.slice(1) });
    expect(reply.status).toBe(status);
    expect(reply.json).toHaveProperty(member);
    expect(batches).toEqual([]);
  });
});
