import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { ErrorRequestHandler, Request as ExpressRequest } from 'express';
import express from 'express';
import * as sdk from '../../../sdk/events';
import { documentedExamples } from '../../support/documented-examples';
import { type EntityEventServer, startEntityEventServer } from '../../support/entity-event-server';
import { definitions, quiet } from '../../support/event-definitions';
import { expresses } from '../../support/expresses';
import { until } from '../../support/until';

const { EventClient, toExpressEventSessions, toFetchEventSessions, toLambdaEventSessions } = sdk;

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

const makeClient = () =>
  new EventClient({
    apiUrl: server.url,
    serviceName: 'testing-service',
    topicDefinitions: definitions,
    logger: quiet,
    retry: { retries: 0, firstDelayMs: 1, maxDelayMs: 5, timeoutMs: 3_000 },
  });
const refusing = { kind: 'answer', status: 400, body: '{"errorType":"ValidationException"}' } as const;
const client = () => makeClient();
const url = 'https://example.org/';
const storedIds = () => server.stored.map(({ data }) => data.id);
const actors = () => server.stored.map(({ actor }) => actor);
const jobs = () => server.calls.map(({ headers }) => headers['x-britecore-job-id']);
const service = { id: 'testing-service', type: 'service' };

/** One Fetch request whose handler publishes. */
const serve = (headers: Record<string, string>, options: sdk.RequestSessionOptions<Request> = {}) =>
  toFetchEventSessions(
    client(),
    (_, session) => {
      session.createdMyEntity({ id: '1' });
      return new Response('made', { status: 201 });
    },
    options,
  )(new Request(url, { headers }));

describe('the session of a request', () => {
  it('trusts no header with a user unless it is named', async () => {
    const names = ['x-user-id', 'x-britecore-user-id', 'x-britecore-actor-id', 'user-id', 'from'];
    await serve(Object.fromEntries(names.map((name) => [name, 'mallory'])));
    expect(actors()).toEqual([service]);
  });

  it('takes the job from its header, and from another that is named', async () => {
    await serve({ 'X-BriteCore-Job-Id': 'job-7' });
    await serve({ 'x-britecore-job-id': 'job-7', 'x-request-id': 'job-8' }, { jobIdHeader: 'X-Request-Id' });
    expect(jobs()).toEqual(['job-7', 'job-8']);
  });

  it.each([{}, { 'x-britecore-job-id': 'é' }, { 'x-britecore-job-id': 'j'.repeat(257) }])(
    'makes a job when %j brings none that can be sent',
    async (headers) => {
      expect((await serve(headers as Record<string, string>)).status).toBe(201);
      expect(jobs()).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    },
  );

  it('takes the user from the header that is named, or from a function, which wins', async () => {
    const headers = { 'x-user': 'user-1' };
    await serve(headers, { userIdHeader: 'X-User' });
    await serve(headers, { userIdHeader: 'X-User', userIdOf: async () => 'user-2' });
    await serve(headers, { userIdHeader: 'X-User', userIdOf: () => undefined });
    expect(actors()).toEqual([{ id: 'user-1', type: 'user' }, { id: 'user-2', type: 'user' }, service]);
  });

  const handled = (event: unknown, messageId = 'msg-1') => ({
    handledEventOf: () => ({ messageId, event }),
  });

  it('goes on with job and actor of the event that is handled, and repeats no event', async () => {
    const options = handled({ jobid: 'job-9', actorid: 'somebody', actortype: 'third-party' });
    await serve({ 'x-britecore-job-id': 'job-7' }, options);
    await serve({}, options);
    expect(jobs()).toEqual(['job-9', 'job-9']);
    expect(actors()).toEqual([{ id: 'somebody', type: 'third-party' }]);
    await serve({}, { ...options, ...handled({}, 'msg-2'), userIdOf: () => 'user-2' });
    expect(actors()[1]).toEqual({ id: 'user-2', type: 'user' });
  });

  it('never takes two messages without an id for one', async () => {
    await serve({}, handled({}, ''));
    await serve({}, handled({}, ''));
    expect(server.stored).toHaveLength(2);
  });

  it.each([
    [null],
    ['text'],
    [{ jobid: 7, actorid: 'somebody' }],
    [{ jobid: '', actorid: 'somebody', actortype: 'root' }],
    [{ actorid: { id: 1 }, actortype: 'user' }],
  ])('takes no actor from %j', async (event) => {
    await serve({ 'x-britecore-job-id': 'job-7' }, handled(event));
    expect(actors()).toEqual([service]);
    expect(jobs()).toEqual(['job-7']);
  });
});

describe('a Fetch handler', () => {
  it('has its events stored before it replies', async () => {
    const response = await serve({});
    expect(response.status).toBe(201);
    expect(storedIds()).toEqual(['1']);
  });

  it.each([
    [200, 1],
    [404, 1],
    [500, 0],
    [503, 0],
  ])('that replies with %i has %i of its events stored', async (status, count) => {
    const handle = toFetchEventSessions(client(), (_, session, ...more: [string]) => {
      session.createdMyEntity({ id: more[0] });
      return new Response('', { status });
    });
    expect((await handle(new Request(url), 'given')).status).toBe(status);
    expect(storedIds()).toEqual(Array(count).fill('given'));
  });

  it('that throws publishes nothing, and a flush that fails is its failure', async () => {
    const broken = toFetchEventSessions(client(), (_, session) => {
      session.createdMyEntity({ id: '1' });
      throw new Error('broken');
    });
    await expect(broken(new Request(url))).rejects.toThrow('broken');
    expect(server.calls).toEqual([]);
    server.script.push(refusing);
    await expect(serve({})).rejects.toMatchObject({ code: 'refused' });
  });
});

describe('a Fetch handler that streams', () => {
  const streaming = (
    publishes: (session: {
      createdMyEntity(data: { id: string }): void;
      flush(): Promise<void>;
    }) => Promise<void>,
  ) =>
    toFetchEventSessions(client(), (_, session) => {
      session.createdMyEntity({ id: 'before' });
      const body = new ReadableStream({
        async pull(controller) {
          await publishes(session);
          controller.enqueue(new TextEncoder().encode('streamed'));
          controller.close();
        },
      });
      return new Response(body);
    })(new Request(url));

  it('has what it published before its body stored before its head; the body flushes for itself', async () => {
    const response = await streaming(async (session) => {
      session.createdMyEntity({ id: 'within' });
      await session.flush();
    });
    expect(storedIds()[0]).toBe('before');
    expect([await response.text(), storedIds()]).toEqual(['streamed', ['before', 'within']]);
  });

  it('stores what it published although its caller has hung up', async () => {
    const leaving = new AbortController();
    const handle = toFetchEventSessions(client(), async (request, session) => {
      session.createdMyEntity({ id: '1' });
      leaving.abort();
      return new Response(`${request.signal.aborted}`);
    });
    const response = await handle(new Request(url, { signal: leaving.signal }));
    expect([await response.text(), storedIds()]).toEqual(['true', ['1']]);
  });
});

describe('a Lambda handler', () => {
  interface Invocation extends sdk.LambdaEvent {
    readonly requestContext?: object;
    readonly Records?: readonly { readonly messageId: string; readonly body: string }[];
  }
  const invoke = (event: Invocation, reply: unknown, options: sdk.RequestSessionOptions<Invocation> = {}) =>
    toLambdaEventSessions(
      client(),
      (_: Invocation, session, context: string) => {
        session.createdMyEntity({ id: context });
        return reply;
      },
      options,
    )(event, 'a-context');

  it.each([
    { headers: { 'X-BriteCore-Job-Id': 'job-7', 'X-User': 'user-1' } },
    { headers: null, multiValueHeaders: { 'x-britecore-job-id': ['job-7'], 'x-user': ['user-1'] } },
  ])('is given job and user by %j', async (event) => {
    const reply = { statusCode: 201, body: '' };
    expect(await invoke(event, reply, { userIdHeader: 'x-user' })).toBe(reply);
    expect(jobs()).toEqual(['job-7']);
    expect(actors()).toEqual([{ id: 'user-1', type: 'user' }]);
    expect(storedIds()).toEqual(['a-context']);
  });

  it('takes no user that a caller has put before that of the proxy', async () => {
    await invoke({ multiValueHeaders: { 'x-user': ['mallory', 'user-1'] } }, {}, { userIdHeader: 'x-user' });
    expect(actors()).toEqual([{ id: 'mallory, user-1', type: 'user' }]);
  });

  it.each([undefined, null, 'text', {}, { statusCode: 404 }])(
    'that returns %j has succeeded',
    async (reply) => {
      await invoke({}, reply);
      expect(server.stored).toHaveLength(1);
    },
  );

  it.each([{ statusCode: 500 }, { statusCode: '502' }])('that returns %j has failed', async (reply) => {
    await invoke({}, reply);
    expect(server.calls).toEqual([]);
  });

  it('publishes once for a message that a queue brings twice', async () => {
    const body = JSON.stringify({ jobid: 'job-9', actorid: 'user-1', actortype: 'user' });
    const options = {
      handledEventOf: ({ Records: [record] = [] }: Invocation) =>
        record && { messageId: record.messageId, event: JSON.parse(record.body) },
    };
    await invoke({ Records: [{ messageId: 'm-1', body }] }, undefined, options);
    await invoke({ Records: [{ messageId: 'm-1', body }] }, undefined, options);
    expect(jobs()).toEqual(['job-9', 'job-9']);
    expect(server.stored).toHaveLength(1);
  });
});

describe.each(expresses)('in %s', (_, express) => {
  let running: Server;
  const failures: unknown[] = [];
  let gone: Promise<unknown> | undefined;
  const base = () => `http://127.0.0.1:${(running.address() as AddressInfo).port}`;
  const thrown = (status: number) => Object.assign(new Error('thrown'), { status });

  beforeAll(async () => {
    const application = express();
    application.set('env', 'test');
    const early = toExpressEventSessions(makeClient());
    application.get('/early', (request) => void early.sessionOf(request));
    const sessions = toExpressEventSessions(makeClient(), {
      userIdOf: ({ query }: ExpressRequest) => query.user as string | undefined,
    });
    application.use(sessions, sessions);
    application.use((request, _response, next) => {
      sessions.sessionOf(request).createdMyEntity({ id: request.path });
      next();
    });
    application.get(
      '/json',
      (_, response) => void response.status(201).set('x-mark', 'kept').json({ stored: storedIds() }),
    );
    application.get('/through', (_, response, next) => {
      response.set('x-mark', 'kept').send('said');
      next();
    });
    application.get('/streamed', (_, response) => {
      response.write('first ');
      response.end('last');
    });
    application.get('/failed', (_, response) => void response.status(503).send('failed'));
    application.get('/refused', (_, response) => void response.status(409).send('refused'));
    application.get('/thrown', () => {
      throw thrown(400);
    });
    application.get('/abandoned', (request, response) => {
      gone = new Promise((resolve) => {
        request.on('close', () => resolve(response.end('too late')));
      });
    });
    application.get('/pulled', (_, response) => {
      response.write('first ');
      response.destroy();
    });
    application.get('/twice', (_, response) => {
      response.end('one');
      response.end('two');
    });
    application.get('/piped', (_, response) => void Readable.from(['first ', 'last']).pipe(response));
    application.get('/called-back', (_, response) => {
      response.end('said', () => failures.push('called back'));
    });
    application.get('/none', (request, response) => {
      sessions.sessionOf(request).rollback();
      response.send('none');
    });
    application.use(sessions.onError);
    application.use(((error, _request, _response, next) => {
      failures.push(error);
      next(error);
    }) as ErrorRequestHandler);
    running = createServer(application);
    await new Promise<void>((resolve) => running.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise((resolve) => running.close(resolve)));
  beforeEach(() => {
    failures.length = 0;
  });

  it('events are stored before the reply ends', async () => {
    const response = await fetch(`${base()}/json?user=user-1`, {
      headers: { 'x-britecore-job-id': 'job-7' },
    });
    expect([response.status, await response.text()]).toEqual([201, '{"stored":[]}']);
    expect(storedIds()).toEqual(['/json']);
    expect(actors()).toEqual([{ id: 'user-1', type: 'user' }]);
    expect(jobs()).toEqual(['job-7']);
  });

  it('the reply waits for the flush', async () => {
    server.script.push({ kind: 'hang' });
    let hasEnded = false;
    const reply = fetch(`${base()}/json`).finally(() => {
      hasEnded = true;
    });
    while (server.calls.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await fetch(`${base()}/none`);
    expect(hasEnded).toBe(false);
    await reply.catch(() => undefined);
  }, 20_000);

  it('a reply stays what it was when somebody replies again meanwhile', async () => {
    const response = await fetch(`${base()}/through`);
    expect([response.status, await response.text()]).toEqual([200, 'said']);
    expect(response.headers.get('x-mark')).toBe('kept');
    expect(storedIds()).toEqual(['/through']);
  });

  it.each([
    ['/refused', 409, ['/refused']],
    ['/failed', 503, []],
    ['/thrown', 400, []],
    ['/none', 200, []],
    ['/streamed', 200, ['/streamed']],
    ['/piped', 200, ['/piped']],
    ['/twice', 200, ['/twice']],
    ['/elsewhere', 404, ['/elsewhere']],
  ])('%s replies with %i and has stored %j', async (path, status, ids) => {
    const response = await fetch(base() + path);
    await response.text();
    expect(response.status).toBe(status);
    expect(storedIds()).toEqual(ids);
  });

  it('a flush that fails is a failure of the server, whatever the event server said', async () => {
    server.script.push(refusing);
    const response = await fetch(`${base()}/json`);
    expect(response.status).toBe(500);
    expect(response.headers.get('x-mark')).toBeNull();
    expect(failures).toMatchObject([{ code: 'refused', failed: [{ topic: 'testing.MyEntityCreated' }] }]);
  });

  it('a flush that fails behind a streamed reply cuts it', async () => {
    server.script.push(refusing);
    const response = await fetch(`${base()}/streamed`);
    await expect(response.text()).rejects.toThrow();
  });

  it('a reply that is given twice is the first one, and its events are stored once', async () => {
    expect(await (await fetch(`${base()}/twice`)).text()).toBe('one');
    expect(server.calls).toHaveLength(1);
  });

  it('whoever ends a reply is called back after the events are stored', async () => {
    expect(await (await fetch(`${base()}/called-back`)).text()).toBe('said');
    await until(() => failures.length > 0);
    expect([failures, storedIds()]).toEqual([['called back'], ['/called-back']]);
  });

  it('what was done for a caller who has hung up is published all the same', async () => {
    gone = undefined;
    const leaving = new AbortController();
    const left = fetch(`${base()}/abandoned`, { signal: leaving.signal }).catch(() => 'left');
    await until(() => gone !== undefined);
    leaving.abort();
    expect(await left).toBe('left');
    await gone;
    await until(() => server.stored.length > 0);
    expect([storedIds(), failures]).toEqual([['/abandoned'], []]);
  });

  it('a reply that is destroyed publishes nothing', async () => {
    const response = await fetch(`${base()}/pulled`).catch(() => undefined);
    await response?.text().catch(() => undefined);
    await fetch(`${base()}/none`);
    expect(server.calls).toEqual([]);
  });

  it('a request that the middleware has not seen has no session', async () => {
    const text = await (await fetch(`${base()}/early`)).text();
    expect(text).toContain('mount the middleware before its handlers');
  });
});

describe('the examples of the documentation', () => {
  const topicDefinitions = {
    DefaultCategory: 'policies',
    Topics: [{ Entity: 'Policy', Action: 'Issued', Schema: {} }],
  };
  const example = async (file: string, result: string) => {
    const [{ code } = { code: '' }] = documentedExamples('sdk/events').filter(({ name }) =>
      name.startsWith(file),
    );
    const body = code
      .replace(/^import (.*) from 'changewire\/events';$/m, 'const $1 = sdk;')
      .replace(/^import .*\n/gm, '')
      .replace('export ', '');
    const ours = new EventClient({
      apiUrl: server.url,
      serviceName: 'policies',
      topicDefinitions,
      logger: quiet,
    });
    return new Function('sdk', 'client', 'express', `return (async () => { ${body}; return ${result}; })()`)(
      sdk,
      ours,
      express,
    );
  };

  it('run in Fetch and Lambda', async () => {
    expect((await example('fetch.ts', 'response')).status).toBe(201);
    expect((await example('lambda.ts', 'await handler({})')).statusCode).toBe(201);
    expect(server.stored).toHaveLength(2);
  });

  it('run in Express', async () => {
    const running = createServer(await example('express.ts', 'application'));
    await new Promise<void>((resolve) => running.listen(0, '127.0.0.1', resolve));
    const { port } = running.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/policies`, { method: 'POST' });
    expect([response.status, await response.text()]).toEqual([201, 'issued']);
    expect(server.stored).toHaveLength(1);
    await new Promise((resolve) => running.close(resolve));
  });
});
