import fc from 'fast-check';
import {
  AccessKeyValidator,
  AllowedOriginsValidator,
  BaseError,
  EventHandler,
  type EventHandlerOptions,
  type Warning,
} from '../../../sdk/receiver';
import { runtimes } from '../../support/event-runtimes';
import {
  connectionString,
  decodeState,
  encodeState,
  makeEvent,
  makePreflight,
} from '../../support/web-pubsub-events';

const admitting = { handleConnect: () => undefined };
const make = (options: Partial<EventHandlerOptions> = {}) =>
  new EventHandler({ ...admitting, onError: () => {}, ...options });
const connect = (headers: Record<string, string | undefined> = {}) => makeEvent('sys.connect', { headers });

describe('giants', () => {
  it.each(Object.keys(runtimes) as Array<keyof typeof runtimes>)(
    'a body over the limit is 413 in %s, and calls nobody',
    async (runtime) => {
      const handleUserMessage = jest.fn();
      const server = await runtimes[runtime](make({ handleUserMessage, maxBodyBytes: 1000 }));
      const [fits, tooLarge] = [1000, 1001].map((size) =>
        makeEvent('user.message', { body: 'x'.repeat(size) }),
      );
      expect((await server.send(fits!)).status).toBe(204);
      const { status, body } = await server.send(tooLarge!);
      expect([status, body.toString()]).toEqual([
        413,
        'The body is larger than 1000 bytes, which are the most.',
      ]);
      expect(handleUserMessage).toHaveBeenCalledTimes(1);
      await server.stop();
    },
  );

  it('a body without a length is 413 as soon as it is too long: the rest is never read', async () => {
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(1000));
      },
    });
    const { headers } = makeEvent('user.message');
    const request = { method: 'POST', url: 'https://x/', headers: new Headers(headers), body: endless };
    const serve = make({ maxBodyBytes: 10_000 }).wrap(() => new Response());
    expect((await serve(request as unknown as Request)).status).toBe(413);
    expect(pulled).toBeLessThan(20);
  });

  it('a refused event costs no reading of its body', async () => {
    const readBody = jest.fn(async () => '{}');
    const handler = make({ requestValidator: new AccessKeyValidator(connectionString('other')) });
    const { method, path, headers } = connect();
    const answer = await handler.answer({ method, path, headers, readBody });
    expect(answer).toMatchObject({ outcome: 'replied', reply: { status: 401 } });
    expect(readBody).not.toHaveBeenCalled();
  });

  it('headers of more than 32 KiB are 431', async () => {
    const response = await make().handle(connect({ 'ce-userId': 'x'.repeat(33_000) }).headers, '{}');
    expect(response.status).toBe(431);
  });

  it('thousands of signatures and origins are answered in the time of a few', async () => {
    const handler = make({ requestValidator: new AccessKeyValidator(connectionString()) });
    const signatures = Array.from({ length: 400 }, () => `sha256=${'0'.repeat(64)}`).join(',');
    expect((await handler.handle(connect({ 'ce-signature': signatures }).headers, '{}')).status).toBe(401);
  });
});

describe('header injection', () => {
  it.each(['ce-userId', 'ce-eventName', 'ce-hub', 'ce-connectionId', 'ce-subprotocol'])(
    'a line end in %s is refused',
    async (name) => {
      const handleConnect = jest.fn();
      const response = await make({ handleConnect }).handle(
        connect({ [name]: 'a\r\nSet-Cookie: b=c' }).headers,
        '{}',
      );
      expect(response.status).toBe(400);
      expect(JSON.stringify(response.headers)).not.toContain('Set-Cookie');
      expect(handleConnect).not.toHaveBeenCalled();
    },
  );

  it('an origin that is no host is never repeated, whatever the validator says', async () => {
    const requestValidator = { contains: () => true, validate: () => true };
    const handler = make({ requestValidator });
    for (const origin of ['a\r\nSet-Cookie: b=c', '<script>', 'https://a', 'a b', '']) {
      expect(await handler.preflight({ 'webhook-request-origin': origin })).toBe(false);
    }
  });

  it('a reply never holds more headers than the library writes, for any user id, event name, origin and state', async () => {
    const own = /^(content-type|ce-connectionstate|allow|webhook-allowed-(origin|rate))$/;
    const handler = make({
      handleUserMessage: ({ context }, response) => {
        response.setState(context.eventName, context.userId);
        return context.userId;
      },
    });
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(text, text, text, text, async (userId, name, origin, state) => {
        const { headers, method, path } = makeEvent('user.message', {
          headers: {
            'ce-userId': userId,
            'ce-type': `azure.webpubsub.user.${name}`,
            'ce-connectionState': state,
            'ce-eventName': name,
            'WebHook-Request-Origin': origin,
          },
        });
        for (const verb of [method, 'OPTIONS']) {
          const answer = await handler.answer({ method: verb, path, headers, readBody: async () => 'hello' });
          const reply = answer.outcome === 'replied' ? answer.reply : undefined;
          expect(Object.keys(reply?.headers ?? { missing: 1 }).filter((one) => !own.test(one))).toEqual([]);
          expect(Object.values(reply?.headers ?? {}).join('')).toMatch(/^[\x20-\x7e]*$/);
          expect(reply?.status).not.toBe(500);
        }
      }),
    );
  });

  it('a user property of MQTT that no header can carry throws where it is added', async () => {
    const thrown: unknown[] = [];
    const handler = make({
      handleUserMessage: (_, response) => {
        response.addUserProperty({ name: 'ok', value: 'fine' });
        for (const bad of [
          { name: 'a b', value: '' },
          { name: 'a', value: 'b\r\nc: d' },
          { name: 'a', value: '\u0416' },
        ]) {
          try {
            response.addUserProperty(bad);
          } catch (error) {
            thrown.push(error);
          }
        }
      },
    });
    const response = await handler.handle(makeEvent('user.message').headers, 'hi');
    expect(thrown).toHaveLength(3);
    expect(response.headers).toEqual({ 'mqtt-ok': 'fine' });
  });
});

describe('state', () => {
  const stateOf = async (header: string) => {
    const warnings: Warning[] = [];
    const handler = make({ onWarning: (warning) => warnings.push(warning) });
    const request = await handler.fromHttp(connect({ 'ce-connectionState': header }).headers, '{}');
    return { state: { ...request.connectionState }, again: { ...request.connectionState }, warnings };
  };

  it.each([
    ['no base64', '%%%'],
    ['base64 of another alphabet', 'e-30_A=='],
    ['half of base64', 'e30'],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]).toString('base64')],
    ['no JSON', Buffer.from('{').toString('base64')],
    ['an array', encodeState([1])],
    ['null', encodeState(null)],
    ['larger than a state can be', encodeState({ bomb: 'x'.repeat(9000) })],
    ['nested as deep as fits', Buffer.from(`${'['.repeat(3000)}${']'.repeat(3000)}`).toString('base64')],
  ])('that is %s counts as empty, with one warning', async (_, header) => {
    const { state, again, warnings } = await stateOf(header);
    expect([state, again]).toEqual([{}, {}]);
    expect(warnings.map(({ code }) => code)).toEqual(['state_unreadable']);
  });

  it('nested as deep as fits comes through edits', async () => {
    const deep = JSON.parse(`{"a":${'['.repeat(2900)}${']'.repeat(2900)}}`);
    const handler = make({ handleConnect: (_, response) => response.setState('b', 1) });
    const response = await handler.handle(connect({ 'ce-connectionState': encodeState(deep) }).headers, '{}');
    expect(response.status).toBe(204);
    expect(response.headers['ce-connectionstate']?.length).toBeGreaterThan(7_700);
  });

  it('that a handler lets grow is refused where it grows, and what was set stays', async () => {
    const errors: unknown[] = [];
    const handler = make({
      handleConnect: (_, response) => {
        response.setState('small', 1);
        for (const large of [
          'x'.repeat(7_000),
          10n,
          Symbol.iterator && {
            toJSON: () => {
              throw new Error('no');
            },
          },
        ]) {
          try {
            response.setState('large', large);
          } catch (error) {
            errors.push(error);
          }
        }
      },
    });
    const response = await handler.handle(connect().headers, '{}');
    expect(errors).toHaveLength(3);
    expect(errors[0]).toBeInstanceOf(RangeError);
    expect(decodeState(response.headers['ce-connectionstate'])).toEqual({ small: 1 });
  });

  it('cannot be reached through what is read of it', async () => {
    const handler = make();
    const request = await handler.fromHttp(
      connect({ 'ce-connectionState': encodeState({ a: { b: 1 } }) }).headers,
      '{}',
    );
    (request.connectionState.a as { b: number }).b = 2;
    request.connectionState.c = 3;
    expect({ ...request.connectionState }).toEqual({ a: { b: 1 } });
  });
});

describe('prototype keys', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype'];
  const bomb = `{${names.map((name) => `"${name}":["polluted"]`).join(',')}}`;

  it('in claims, query, headers, state and header names are names like any other', async () => {
    const handler = make({
      handleConnect: (_, response) => {
        for (const name of names) {
          response.setState(name, name);
        }
      },
    });
    const { headers } = connect({ 'ce-connectionState': Buffer.from(bomb).toString('base64') });
    const sent = Object.assign(
      Object.create(null),
      headers,
      JSON.parse('{"__proto__":"x","constructor":"y"}'),
    );
    const body = `{"claims":${bomb},"query":${bomb},"headers":${bomb},"__proto__":{"subprotocols":["x"]}}`;
    const request = await handler.fromHttp(sent, body);
    const { claims, query, clientHeaders, subprotocols } = request as unknown as Record<string, object>;
    for (const map of [claims, query, clientHeaders, request.connectionState]) {
      expect(Object.keys(map as object).sort()).toEqual([...names].sort());
      expect(Object.getPrototypeOf(map)).toBeNull();
    }
    expect(subprotocols).toEqual([]);
    const response = await handler.handle(request);
    expect(Object.entries(decodeState(response.headers['ce-connectionstate'])).sort()).toEqual(
      names.map((name) => [name, name]).sort(),
    );
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(Object.getOwnPropertyNames(Object.prototype)).toHaveLength(12);
  });

  it('that were not sent are not there', async () => {
    const request = await make().fromHttp(connect().headers, '{}');
    expect([request.connectionState.constructor, request.headers.constructor]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it.each(['constructor', '__proto__', 'toString'])('as an event type are unknown: %s', async (type) => {
    expect((await make().handle(connect({ 'ce-type': type }).headers, '{}')).status).toBe(400);
  });
});

describe('claims that only look like lists', () => {
  it.each([
    ['claims', '{"claims":{"role":"administrator"}}'],
    ['claims', '{"claims":[["role"]]}'],
    ['claims', '{"claims":{"role":[1]}}'],
    ['query', '{"query":"role=writer"}'],
    ['headers', '{"headers":{"a":{"includes":1}}}'],
    ['subprotocols', '{"subprotocols":"json"}'],
    ['clientCertificates', '{"clientCertificates":["00"]}'],
  ])('in %s are refused before a handler sees them: %s', async (key, body) => {
    const handleConnect = jest.fn();
    const response = await make({ handleConnect }).handle(connect().headers, body);
    expect([response.status, response.payload]).toEqual([400, expect.stringContaining(key)]);
    expect(handleConnect).not.toHaveBeenCalled();
  });
});

describe('handlers', () => {
  const secret = 'password=hunter2';
  const failing: ReadonlyArray<readonly [string, () => never | Promise<never>]> = [
    [
      'throw',
      () => {
        throw new Error(secret);
      },
    ],
    [
      'reject',
      async () => {
        throw new Error(secret);
      },
    ],
    [
      'throw what is no error',
      () => {
        throw { message: secret, status: 200 };
      },
    ],
    [
      'throw nothing',
      () => {
        throw undefined;
      },
    ],
  ];

  it.each(failing)('that %s are 500 without their text, and told to onError', async (_, handleConnect) => {
    const onError = jest.fn();
    const response = await make({ handleConnect, onError }).handle(connect().headers, '{}');
    expect([response.status, response.payload]).toEqual([500, 'The event could not be handled.']);
    expect(onError).toHaveBeenCalledTimes(1);
  });

  it('that hang are 504 in time; what they do later is reported, not lost', async () => {
    const onError = jest.fn();
    const onWarning = jest.fn();
    let fail = (_: Error) => {};
    let late = () => {};
    const handler = make({
      onError,
      onWarning,
      handlerTimeoutSeconds: 0.02,
      handleConnect: (_, response) => {
        late = () => response.success();
        return new Promise((_resolve, reject) => {
          fail = reject;
        });
      },
    });
    const response = await handler.handle(connect().headers, '{}');
    expect(response.status).toBe(504);
    late();
    fail(new Error('too late'));
    await new Promise(setImmediate);
    expect(onWarning).toHaveBeenCalledWith(expect.objectContaining({ code: 'answered_late' }));
    expect(onError).toHaveBeenCalledWith(expect.objectContaining({ message: 'too late' }));
  });

  it('that answer twice are heard once: the first time', async () => {
    const onWarning = jest.fn();
    const handler = make({
      onWarning,
      handleConnect: (_, response) => {
        response.fail(403, 'no');
        response.success({ userId: 'root' });
        return { userId: 'root' };
      },
    });
    const response = await handler.handle(connect().headers, '{}');
    expect([response.status, response.payload]).toEqual([403, 'no']);
    expect(onWarning.mock.calls.map(([{ code }]) => code)).toEqual(['answered_twice', 'answered_twice']);
  });

  it.each([200, 204, 302, 99, 600, Number.NaN, 401.5])(
    'cannot refuse with %s, which would not',
    async (code) => {
      const handler = make({ handleConnect: (_, response) => response.fail(code) });
      expect((await handler.handle(connect().headers, '{}')).status).toBe(500);
    },
  );

  it.each(['a text', 7, ['a'], null])('cannot let in with %j', async (returned) => {
    const handler = make({ handleConnect: () => returned as never });
    expect((await handler.handle(connect().headers, '{}')).status).toBe(500);
  });

  it.each([
    ['a function', () => 1],
    ['a symbol', Symbol('secret')],
    ['what has nothing to say as JSON', { toJSON: () => undefined }],
    ['what JSON refuses', { toJSON: () => 1n }],
  ])('that answer with %s are 500, in every runtime and profile', async (_, answer) => {
    const handleUserMessage = () => answer;
    for (const options of [{}, { parity: 'python' }] as const) {
      const handler = make({ handleConnect: () => answer as never, handleUserMessage, ...options });
      for (const start of Object.values(runtimes)) {
        const server = await start(handler);
        const statuses = ['sys.connect', 'user.message'].map(
          async (type) => (await server.send(makeEvent(type))).status,
        );
        expect(await Promise.all(statuses)).toEqual([500, 500]);
        await server.stop();
      }
    }
  });

  it('for exceptions that throw themselves end as 500', async () => {
    const handleException = () => {
      throw new Error('again');
    };
    const refuse = () => {
      throw new BaseError('no', { status: 403 });
    };
    const response = await make({ handleException, handleConnect: refuse }).handle(connect().headers, '{}');
    expect([response.status, response.payload]).toEqual([500, 'The event could not be handled.']);
  });

  it('validators that throw, hang or answer something else let nobody in', async () => {
    const validators = [
      () => {
        throw new Error('down');
      },
      () => 'yes' as unknown as boolean,
      () => Promise.resolve(undefined as unknown as boolean),
      () => new Promise<boolean>(() => {}),
    ];
    for (const validate of validators) {
      const requestValidator = { validate, contains: () => true };
      const handler = make({ requestValidator, handlerTimeoutSeconds: 0.02 });
      expect((await handler.handle(connect().headers, '{}')).status).toBeGreaterThanOrEqual(400);
    }
  });

  it('of events that nobody waits for cannot end the process, however they fail', async () => {
    const onError = jest.fn();
    const server = await runtimes.node(
      make({
        onError,
        handleConnected: async () => {
          throw new Error('later');
        },
      }),
    );
    expect((await server.send(makeEvent('sys.connected'))).status).toBe(200);
    await new Promise(setImmediate);
    expect(onError).toHaveBeenCalledTimes(1);
    await server.stop();
  });
});

describe('origins', () => {
  it('a list is split and trimmed, and every origin of it must not be guessed from a part', async () => {
    const handler = make({ requestValidator: new AllowedOriginsValidator(['https://Service.example.org/']) });
    const ask = (origin: string) => handler.preflight({ 'WebHook-Request-Origin': origin });
    expect(await ask('evil.example.org, service.example.org')).toBe(true);
    expect(await ask('SERVICE.example.org')).toBe(true);
    for (const origin of [
      'service.example.org.evil',
      'evil-service.example.org',
      'example.org',
      '*',
      'service.example.org:8080',
    ]) {
      expect(await ask(origin)).toBe(false);
    }
    const granted = await handler.answer({
      ...makePreflight({ 'WebHook-Request-Origin': 'evil, service.example.org' }),
      readBody: async () => '',
    });
    expect(granted).toMatchObject({
      reply: { headers: { 'webhook-allowed-origin': 'service.example.org' } },
    });
  });
});
