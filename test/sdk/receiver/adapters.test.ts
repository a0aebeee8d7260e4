import { createServer as createHttpServer, type IncomingMessage, request } from 'node:http';
import { connect, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import express from 'express';
import {
  EventHandler,
  type EventHandlerOptions,
  toExpressMiddleware,
  toFetchHandler,
  toLambdaHandler,
  toNodeListener,
} from '../../../sdk/receiver';
import { runtimes, toFetchRequest, toLambdaV1 } from '../../support/event-runtimes';
import { startEventServer } from '../../support/event-servers';
import { decodeState, makeEvent, makePreflight } from '../../support/web-pubsub-events';

const make = (options: Partial<EventHandlerOptions> = {}) =>
  new EventHandler({
    handleConnect: ({ claims }, response) => {
      response.setState('role', claims.role?.[0]);
      return { userId: 'ada' };
    },
    handleUserMessage: ({ data }) => data,
    onError: () => {},
    ...options,
  });

const kinds = Object.keys(runtimes) as Array<keyof typeof runtimes>;

describe.each(kinds)('the adapter for %s', (runtime) => {
  const serve = (options: Partial<EventHandlerOptions> = {}) =>
    runtimes[runtime](make(options), { path: '/eventhandler' });

  it('answers a connect with JSON and state', async () => {
    const server = await serve();
    const { status, headers, body } = await server.send(makeEvent('sys.connect'));
    expect([status, headers['content-type'], JSON.parse(body.toString())]).toEqual([
      200,
      'application/json; charset=utf-8',
      { userId: 'ada' },
    ]);
    expect(decodeState(headers['ce-connectionstate'])).toEqual({ role: 'writer' });
    await server.stop();
  });

  it.each([
    ['text/plain', 'hé\u{1f600}', 'text/plain; charset=utf-8'],
    ['application/json', '{"a":["é"]}', 'application/json; charset=utf-8'],
    ['application/octet-stream', new Uint8Array([0, 13, 10, 127, 128, 255]), 'application/octet-stream'],
  ])('passes bodies of type %s byte by byte, both ways', async (type, sent, replied) => {
    const server = await serve();
    const { status, headers, body } = await server.send(
      makeEvent('user.message', { body: sent, headers: { 'Content-Type': type } }),
    );
    expect([status, headers['content-type'], body]).toEqual([200, replied, Buffer.from(sent as string)]);
    await server.stop();
  });

  it('answers preflights, refusals, other paths and other methods', async () => {
    const server = await serve();
    const granted = await server.send(makePreflight());
    expect([granted.status, granted.headers['webhook-allowed-origin'], granted.body.length]).toEqual([
      200,
      '*',
      0,
    ]);
    const refused = await server.send(makeEvent('sys.connect', { body: '{' }));
    expect([refused.status, refused.body.toString()]).toEqual([
      400,
      'The body of azure.webpubsub.sys.connect is not JSON.',
    ]);
    expect((await server.send(makeEvent('sys.connect', { path: '/elsewhere' }))).status).toBe(404);
    expect((await server.send(makeEvent('sys.connect', { method: 'DELETE', body: '' }))).status).toBe(405);
    const nothing = await server.send(
      makeEvent('user.message', { body: '', headers: { 'Content-Length': '0' } }),
    );
    expect([nothing.status, nothing.body.length]).toEqual([200, 0]);
    await server.stop();
  });

  it('calls the handlers of events that nobody waits for', async () => {
    const seen: string[] = [];
    const see = ({ context }: { context: { eventName: string } }) => seen.push(context.eventName);
    const server = await serve({
      handleConnected: see,
      handleDisconnected: see,
      handleGroupJoined: see,
      handleGroupLeft: see,
    });
    for (const type of ['sys.connected', 'gp.joined', 'gp.left', 'sys.disconnected']) {
      const { status, body } = await server.send(makeEvent(type));
      expect([status, body.length]).toEqual([200, 0]);
    }
    expect(seen).toEqual(['connected', 'joined', 'left', 'disconnected']);
    await server.stop();
  });
});

describe('events that nobody waits for', () => {
  const slow = () => {
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const log: string[] = [];
    const handler = make({
      handleConnected: async () => {
        await ended;
        log.push('handled');
      },
    });
    return { handler, log, end };
  };

  it.each(['node', 'express'] as const)('are acknowledged before they are handled in %s', async (runtime) => {
    const { handler, log, end } = slow();
    const server = await runtimes[runtime](handler);
    expect((await server.send(makeEvent('sys.connected'))).status).toBe(200);
    expect(log).toEqual([]);
    end();
    await new Promise(setImmediate);
    expect(log).toEqual(['handled']);
    await server.stop();
  });

  it.each(['fetch', 'lambdaV1', 'lambdaV2'] as const)(
    'are handled before the reply in %s, which may freeze after it',
    async (runtime) => {
      const { handler, log, end } = slow();
      const server = await runtimes[runtime](handler);
      const replied = server.send(makeEvent('sys.connected')).then(() => log.push('replied'));
      await new Promise(setImmediate);
      end();
      await replied;
      expect(log).toEqual(['handled', 'replied']);
    },
  );

  it('are handled after the reply where the runtime waits for them', async () => {
    const { handler, log, end } = slow();
    const waiting: Array<Promise<unknown>> = [];
    const context = { waitUntil: (work: Promise<unknown>) => waiting.push(work) };
    const serve = toFetchHandler<[environment: object, context: typeof context]>(handler);
    expect((await serve(toFetchRequest(makeEvent('sys.connected')), {}, context)).status).toBe(200);
    expect([log, waiting.length]).toEqual([[], 1]);
    end();
    await waiting[0];
    expect(log).toEqual(['handled']);
  });

  it('say how they failed where the reply comes after', async () => {
    const server = await runtimes.fetch(
      make({
        handleConnected: () => {
          throw new Error('secret');
        },
      }),
    );
    const { status, body } = await server.send(makeEvent('sys.connected'));
    expect([status, body.toString()]).toEqual([500, 'The event could not be handled.']);
  });
});

describe('beside an application', () => {
  it('Express gets what is no event, below any mount point', async () => {
    const application = express();
    application.use('/mounted', toExpressMiddleware(make(), { path: '/mounted/events' }));
    application.use(toExpressMiddleware(make()));
    application.use(express.json(), (request, response) => void response.json({ echoed: request.body }));
    const server = await startEventServer(application);
    const other = {
      method: 'POST',
      path: '/x',
      headers: { 'Content-Type': 'application/json' },
      body: '{"a":1}',
    };
    expect(JSON.parse((await server.send(other)).body.toString())).toEqual({ echoed: { a: 1 } });
    expect((await server.send(makeEvent('sys.connect', { path: '/mounted/events' }))).status).toBe(200);
    const foreign = { ...other, headers: { ...other.headers, 'ce-type': 'com.example.a', 'ce-id': '1' } };
    expect((await server.send(foreign)).body.toString()).toBe('{"echoed":{"a":1}}');
    await server.stop();
  });

  it.each([
    ['bytes', express.raw({ type: () => true }), 200],
    ['text', express.text({ type: () => true }), 200],
    ['parsed JSON', express.json(), 500],
  ])('Express may have read the body before, as %s', async (_, parser, status) => {
    const onError = jest.fn();
    const server = await startEventServer(express().use(parser, toExpressMiddleware(make({ onError }))));
    expect((await server.send(makeEvent('sys.connect'))).status).toBe(status);
    expect(onError.mock.calls.map(([{ message }]) => message)).toEqual(
      status === 200 ? [] : [expect.stringContaining('a body parser has read the body before')],
    );
    await server.stop();
  });

  it('Node gets what is no event', async () => {
    const listener = toNodeListener(make(), {
      next: (_, response) => response.writeHead(299, {}) && response.end('mine'),
    });
    const server = await startEventServer((request, response) => void listener(request, response));
    expect((await server.send({ method: 'GET', path: '/', headers: {}, body: '' })).status).toBe(299);
    expect((await server.send(makeEvent('sys.connect'))).status).toBe(200);
    await server.stop();
  });

  it('wrap puts the handler around a Fetch application, which gets all of its arguments', async () => {
    const application = jest.fn((_request: Request, environment: string) => new Response(environment));
    const wrapped = make().wrap(application, '/eventhandler');
    const other = await wrapped(
      new Request('https://example.org/other', { method: 'POST', body: 'x' }),
      'production',
    );
    expect(await other.text()).toBe('production');
    expect((await wrapped(toFetchRequest(makeEvent('sys.connect')), 'production')).status).toBe(200);
    expect(application).toHaveBeenCalledTimes(1);
  });
});

describe('Lambda', () => {
  it('takes a version 1 event without lists, body or headers', async () => {
    const serve = toLambdaHandler(make());
    const event = toLambdaV1(makeEvent('sys.connected'));
    expect(await serve({ ...event, multiValueHeaders: null, body: null })).toEqual({
      statusCode: 200,
      headers: {},
      body: '',
      isBase64Encoded: false,
    });
    expect((await serve({ ...event, multiValueHeaders: null, headers: null })).statusCode).toBe(400);
  });

  it('answers 500 to an event that says base64 and holds something else', async () => {
    const event = { ...toLambdaV1(makeEvent('sys.connect')), body: '%', isBase64Encoded: true };
    expect((await toLambdaHandler(make())(event)).statusCode).toBe(500);
  });
});

describe('a connection over HTTP', () => {
  it('is closed when its request was refused unread, and only then', async () => {
    const server = await runtimes.node(make({ maxBodyBytes: 10 }));
    const refused = await server.send(makeEvent('user.message', { body: 'x'.repeat(100_000) }));
    expect([refused.status, refused.headers.connection]).toEqual([413, 'close']);
    await server.stop();
  });

  it('lives until a body that never ends has been refused', async () => {
    const server = createHttpServer(toNodeListener(make({ maxBodyBytes: 100_000 })));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { headers, method, path } = makeEvent('user.message');
    const { port } = server.address() as AddressInfo;
    const sent = request({ port, method, path, headers: { ...headers, 'Transfer-Encoding': 'chunked' } });
    const feeding = setInterval(() => sent.write('x'.repeat(50_000)), 5);
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        sent.on('response', resolve);
        sent.on('error', reject);
      });
      expect([response.statusCode, response.headers.connection]).toEqual([413, 'close']);
    } finally {
      clearInterval(feeding);
      sent.on('error', () => {});
      sent.destroy();
      server.close();
      server.closeAllConnections();
    }
  });

  it('may be one of HTTP/2', async () => {
    const server = createServer((request, response) => void toNodeListener(make())(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    server.unref();
    const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const send = (headers: Record<string, string>) =>
      new Promise<number>((resolve, reject) => {
        const stream = session.request({ ':method': 'POST', ':path': '/', ...headers });
        stream.on('response', (replied) => resolve(Number(replied[':status'])));
        stream.on('error', reject);
        stream.end('{}');
      });
    const { headers } = makeEvent('sys.connect');
    expect([await send(headers), await send({ ...headers, 'ce-hub': '' })]).toEqual([200, 400]);
    // Not close: that waits for the streams, and the run for it.
    session.destroy();
    server.close();
  });

  it.each([
    [1, { connection: 'close' }],
    [2, {}],
  ])('of HTTP/%s is told to close as that version has it', async (httpVersionMajor, told) => {
    const writeHead = jest.fn();
    const { method, path, headers } = makeEvent('sys.connect', { headers: { 'ce-hub': '' } });
    const incoming = Object.assign(Readable.from(['{}']), { method, url: path, headers, httpVersionMajor });
    await toNodeListener(make())(incoming, { writeHead, end: () => {} });
    expect(writeHead).toHaveBeenCalledWith(400, { 'content-type': 'text/plain; charset=utf-8', ...told });
  });
});
