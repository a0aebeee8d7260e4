import fc from 'fast-check';
import { EventClient, type EventError, type RetryPolicy } from '../../../sdk/events';
import {
  type Behaviour,
  type EntityEventServer,
  startEntityEventServer,
} from '../../support/entity-event-server';
import { definitions, quiet } from '../../support/event-definitions';

let server: EntityEventServer;
beforeAll(async () => {
  server = await startEntityEventServer();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.calls.length = 0;
  server.stored.length = 0;
  server.script.length = 0;
});

const makeClient = (retry: Partial<RetryPolicy> = {}, options: object = {}) =>
  new EventClient({
    apiUrl: server.url,
    serviceName: 'testing-service',
    topicDefinitions: definitions,
    logger: quiet,
    retry: { firstDelayMs: 1, maxDelayMs: 5, ...retry },
    ...options,
  });
const failureOf = (work: Promise<unknown>): Promise<EventError> =>
  work.then(
    () => Promise.reject(new Error('it succeeded')),
    (error) => error,
  );
const queue = (count: number, client = makeClient()) => {
  const session = client.userSession('user-1', 'job-1');
  for (let number = 0; number < count; number += 1) {
    session.createdMyEntity({ id: `${number}` });
  }
  return session;
};
const storedIds = () => server.stored.map(({ data }) => data.id);
const numbers = (count: number) => Array.from({ length: count }, (_, number) => `${number}`);
const answer = (status: number, body: unknown, headers = {}): Behaviour => ({
  kind: 'answer',
  status,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  headers,
});

describe('what is sent', () => {
  it('is the contract, an id and a time, for one event', async () => {
    await queue(1).flush();
    const [call] = server.calls;
    expect(call?.path).toBe('/events');
    expect(call?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-britecore-job-id': 'job-1',
    });
    expect(call?.events).toEqual([
      {
        id: expect.stringMatching(/^.{20,256}$/),
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        action: 'Created',
        category: 'testing',
        entity: 'MyEntity',
        data: { id: '0' },
        actor: { id: 'user-1', type: 'user' },
      },
    ]);
  });

  it('has the job id on lists too, 250 events a call, in order', async () => {
    const session = queue(10_000);
    await session.flush();
    expect(server.calls.map(({ events }) => events.length)).toEqual(Array(40).fill(250));
    expect(new Set(server.calls.map(({ path }) => path))).toEqual(new Set(['/events/bulk/']));
    expect(new Set(server.calls.map(({ headers }) => headers['x-britecore-job-id']))).toEqual(
      new Set(['job-1']),
    );
    expect(storedIds()).toEqual(numbers(10_000));
    expect(session.events).toEqual([]);
  });

  it('stays below what a call may weigh', async () => {
    const session = makeClient().serviceSession('job-1');
    for (let number = 0; number < 30; number += 1) {
      session.publish({
        category: 'claims',
        entity: 'Claim',
        action: 'Filed',
        data: { text: 'ü'.repeat(100_000) },
      });
    }
    await session.flush();
    expect(server.calls.map(({ events }) => events.length)).toEqual([17, 13]);
  });

  it('is nothing without events, and nothing a second time', async () => {
    const session = queue(3);
    await session.flush();
    await session.flush();
    expect(server.calls).toHaveLength(1);
  });

  it('carries credentials, headers and a trace; those of the address as Basic', async () => {
    const trace = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };
    const options = { token: async () => 'abc', headers: { 'x-api-key': 'k' } };
    const client = makeClient({}, { ...options, apiUrl: `${server.url}/` });
    const session = client.serviceSession('job-1', { trace });
    session.createdMyEntity({ id: '0' });
    await session.flush();
    await queue(1, makeClient({}, { apiUrl: server.url.replace('//', '//us%C3%A9r:p%40ss@') })).flush();
    expect(server.calls.map(({ path }) => path)).toEqual(['/events', '/events']);
    expect(server.calls[0]?.headers).toMatchObject({
      authorization: 'Bearer abc',
      'x-api-key': 'k',
      ...trace,
    });
    expect(server.calls[1]?.headers.authorization).toBe(
      `Basic ${Buffer.from('usér:p@ss').toString('base64')}`,
    );
  });

  it.each(['ftp://example.org', 'example.org', 'https://example.org?a=1'])('never goes to %s', (apiUrl) => {
    expect(() => makeClient({}, { apiUrl })).toThrow('apiUrl must be');
  });
});

describe('a failure that repeating helps', () => {
  const throttling = { errorType: 'ProvisionedThroughputExceededException' };

  it.each<[string, Behaviour]>([
    ['throttling', answer(400, throttling)],
    ['an inner failure', answer(500, { errorType: 'InternalFailureException' })],
    ['a status without JSON', answer(502, '<html>')],
    ['a success without JSON', answer(200, '<html>')],
    ['an empty success', answer(204, '')],
    ['a list', answer(201, [])],
    ['records that are not there', answer(201, { failedRecords: 1 })],
    ['too few records', answer(201, { failedRecords: 1, records: ['Success'] })],
    ['429', answer(429, {})],
    ['503', answer(503, { message: 'x' })],
    ['a connection that is cut', { kind: 'cut', stored: false }],
    ['a connection that is cut after the events were stored', { kind: 'cut', stored: true }],
    ['a reply that is cut half-way', { kind: 'cut', stored: true, within: 'reply' }],
    ['a server that does not answer', { kind: 'hang' }],
    ['a server that does not answer, and has stored the events', { kind: 'hang', stored: true }],
  ])('is repeated under the same ids: %s', async (_, behaviour) => {
    server.script.push(behaviour);
    const session = queue(3, makeClient({ timeoutMs: 300 }));
    await session.flush();
    const [first, second] = server.calls;
    expect(second?.events).toEqual(first?.events);
    expect(server.calls).toHaveLength(2);
    expect(storedIds()).toEqual(numbers(3));
    expect(session.events).toEqual([]);
  });

  it('is repeated when the request was cut half-way', async () => {
    server.script.push({ kind: 'cut', stored: false, within: 'request' });
    const session = makeClient().serviceSession('job-1');
    const text = 'x'.repeat(100_000);
    for (let number = 0; number < 20; number += 1) {
      session.publish({
        category: 'claims',
        entity: 'Claim',
        action: 'Filed',
        data: { id: `${number}`, text },
      });
    }
    await session.flush();
    expect(storedIds()).toEqual(numbers(20));
    expect([server.calls.length, session.events]).toEqual([1, []]);
  });

  it('is given up in the end, and everything stays queued', async () => {
    server.script.push(...Array<Behaviour>(3).fill(answer(503, {})));
    const session = queue(300, makeClient({ retries: 2 }));
    const failure = await failureOf(session.flush());
    expect(failure).toMatchObject({ code: 'unavailable', status: 503 });
    expect(failure.failed.map(({ id }) => id)).toEqual(session.events.map(({ id }) => id));
    expect(server.calls).toHaveLength(3);
    await session.flush();
    expect(storedIds()).toEqual(numbers(300));
  });

  it('does not count while something is accepted: throttled half-way, the rest goes first', async () => {
    server.script.push(...[2, 3, 1, 2].map((from): Behaviour => ({ kind: 'throttle', from })));
    await queue(260, makeClient({ retries: 1 })).flush();
    expect(server.calls.map(({ events }) => events.length)).toEqual([250, 248, 245, 244, 242, 10]);
    expect(storedIds()).toEqual(numbers(260));
  });

  it('is not repeated before Retry-After, which is bounded', async () => {
    server.script.push(answer(429, {}, { 'retry-after': '3600' }));
    const started = Date.now();
    await queue(1, makeClient({ maxDelayMs: 120 })).flush();
    expect(Date.now() - started).toBeGreaterThanOrEqual(110);
  });
});

describe('a refusal', () => {
  it('of some events keeps those, sends the others, and posts no empty list', async () => {
    server.script.push({ kind: 'refuse', ids: ({ data }) => data.id === '1' });
    const session = queue(252);
    const failure = await failureOf(session.flush());
    const refused = session.events[0]?.id;
    expect(failure.code).toBe('refused');
    expect(failure.failed).toEqual([
      { id: refused, topic: 'testing.MyEntityCreated', errorType: 'ValidationException' },
    ]);
    expect(server.calls.map(({ events }) => events.length)).toEqual([250, 2]);
    expect(storedIds()).toEqual(numbers(252).filter((id) => id !== '1'));
  });

  it.each([
    [400, { errorType: 'ValidationException', message: 'no' }],
    [500, { errorType: 'ValidationException' }],
    [401, { message: 'who are you?' }],
    [404, {}],
    [301, {}],
  ])('of a call (%i) is told at once with everything that was not accepted', async (status, body) => {
    server.script.push({ kind: 'store' }, answer(status, body, { location: 'http://127.0.0.1:1/' }));
    const session = queue(600);
    const failure = await failureOf(session.flush());
    expect(failure).toMatchObject({ code: 'refused', status });
    expect(server.calls).toHaveLength(2);
    expect(failure.failed.map(({ id }) => id)).toEqual(session.events.map(({ id }) => id));
    expect(session.events).toHaveLength(350);
  });

  it('for its size sends less at a time', async () => {
    server.script.push(answer(413, {}), answer(413, {}));
    await queue(8).flush();
    expect(server.calls.map(({ events }) => events.length)).toEqual([8, 4, 2, 6]);
    expect(storedIds()).toEqual(numbers(8));
  });

  it('for the size of one event ends', async () => {
    server.script.push(answer(413, {}));
    expect(await failureOf(queue(1).flush())).toMatchObject({ code: 'refused', status: 413 });
  });
});

describe('a flush', () => {
  it('is stopped by a signal, during a call and during a wait, and goes on later', async () => {
    for (const behaviour of [{ kind: 'hang' } as const, answer(503, {}, { 'retry-after': '60' })]) {
      server.script.push(behaviour);
      const session = queue(2, makeClient({ maxDelayMs: 60_000 }));
      const stopped = failureOf(session.flush({ signal: AbortSignal.timeout(100) }));
      expect(await stopped).toMatchObject({ code: 'aborted', failed: [{}, {}] });
      expect(session.events).toHaveLength(2);
      await session.flush();
    }
    expect(storedIds()).toEqual(['0', '1', '0', '1']);
  });

  it('waits for the one before: nothing is sent twice', async () => {
    const session = queue(3);
    const both = [session.flush(), session.flush()];
    session.createdMyEntity({ id: '3' });
    await Promise.all([...both, session.flush()]);
    expect(storedIds()).toEqual(numbers(4));
    expect(server.calls.flatMap(({ events }) => events)).toHaveLength(4);
  });

  it('sends nothing more of what is rolled back meanwhile', async () => {
    const session = queue(600);
    const flushed = session.flush();
    session.rollback();
    await flushed;
    expect(server.calls.length).toBeLessThanOrEqual(1);
    expect(session.events).toEqual([]);
  });
});

describe('run and await using', () => {
  it('flushes when the body succeeds', async () => {
    const session = makeClient().serviceSession('job-1');
    expect(
      await session.run((self) => self.publish({ entity: 'MyEntity', action: 'Created', data: { id: '0' } })),
    ).toBeUndefined();
    expect(storedIds()).toEqual(['0']);
  });

  it('rolls back and throws on when it does not', async () => {
    const session = queue(2);
    const failed = session.run(() => Promise.reject(new Error('no')));
    await expect(failed).rejects.toThrow('no');
    expect([session.events, server.calls]).toEqual([[], []]);
  });

  it('tells of a flush that failed, and keeps the events', async () => {
    server.script.push(answer(401, {}));
    const session = queue(2);
    await expect(session.run(() => 1)).rejects.toMatchObject({ code: 'refused' });
    expect(session.events).toHaveLength(2);
  });

  it('disposes of what was not flushed, and lets a flush end', async () => {
    const session = queue(2);
    session.flush();
    session.createdMyEntity({ id: 'left' });
    await session[Symbol.asyncDispose]();
    expect(storedIds()).toEqual(['0', '1']);
    expect(session.events).toEqual([]);
  });
});

describe('publishing immediately', () => {
  it('sends each event in order, queues none and throws what failed', async () => {
    const session = makeClient().userSession('user-1', 'job-1', { publishImmediately: true });
    server.script.push({ kind: 'cut', stored: true });
    const sent = numbers(3).map((id) => session.createdMyEntity({ id }));
    await Promise.all(sent);
    expect(storedIds()).toEqual(numbers(3));
    server.script.push(answer(400, { errorType: 'ValidationException' }));
    expect(await failureOf(session.createdMyEntity({ id: '3' }))).toMatchObject({ code: 'refused' });
    expect(await failureOf(session.createdMyEntity({} as never))).toMatchObject({ code: 'event_invalid' });
    expect(session.events).toEqual([]);
  });

  it('sends one event past the queue', async () => {
    const session = queue(1);
    await session.publishNow({ entity: 'MyEntity', action: 'Created', data: { id: 'now' } });
    expect([storedIds(), session.events.length]).toEqual([['now'], 1]);
  });
});

describe('whatever happens on the way', () => {
  const behaviour: fc.Arbitrary<Behaviour> = fc.oneof(
    fc.constant<Behaviour>({ kind: 'store' }),
    fc
      .tuple(fc.boolean(), fc.constantFrom(undefined, 'request' as const, 'reply' as const))
      .map(([stored, within]): Behaviour => ({ kind: 'cut', stored, ...(within && { within }) })),
    fc.nat(260).map((from): Behaviour => ({ kind: 'throttle', from })),
    fc.constantFrom(400, 500, 503, 401, 413, 200).map((status) => answer(status, 'x')),
  );

  it('each event is stored once and in order, when it is flushed until it is flushed', async () => {
    const property = fc.asyncProperty(
      fc.array(behaviour, { maxLength: 12 }),
      fc.integer({ min: 1, max: 600 }),
      fc.boolean(),
      async (script, count, dies) => {
        server.stored.length = 0;
        server.script.splice(0, server.script.length, ...script);
        let session = queue(count, makeClient({ retries: 1, firstDelayMs: 0, maxDelayMs: 0 }));
        while (session.events.length > 0) {
          const before = JSON.stringify(session);
          await session.flush().catch(() => undefined);
          // A process that dies knows only what it stored before the flush.
          session =
            dies && server.script.length > 0 ? makeClient().resumeSession(JSON.parse(before)) : session;
        }
        expect(storedIds()).toEqual(numbers(count));
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });
});
