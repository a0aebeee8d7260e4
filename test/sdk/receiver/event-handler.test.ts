import {
  BaseError,
  ConnectEventRequest,
  ContextBasedError,
  type DisconnectedEventRequest,
  EventHandler,
  type EventHandlerOptions,
  GroupEventRequest,
  HandlerNotFoundError,
  HeaderNotFound,
  HeaderNotFoundError,
  type InvalidConnectRequestError,
  InvalidEventNameError,
  InvalidEventTypeError,
  MessageEventRequest,
  ServiceErrorResponse,
  type ValidationFailedError,
} from '../../../sdk/receiver';
import { decodeState, encodeState, makeEvent, mqttHeaders } from '../../support/web-pubsub-events';

const make = (options: Partial<EventHandlerOptions> = {}) =>
  new EventHandler({ handleConnect: () => undefined, onError: () => {}, ...options });
const refusalOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );
const { headers } = makeEvent('sys.connect');

describe('fromHttp', () => {
  it('reads everything that a connect says', async () => {
    const body = {
      claims: { role: ['writer'] },
      query: { room: ['1', '2'] },
      headers: { cookie: ['a=b'] },
      subprotocols: ['x', 'y'],
      clientCertificates: [{ thumbprint: '00', content: '-----BEGIN' }],
    };
    const request = (await make().fromHttp(headers, JSON.stringify(body))) as ConnectEventRequest;
    expect(request).toBeInstanceOf(ConnectEventRequest);
    const { claims, query, queries, clientHeaders, subprotocols, clientCertificates } = request;
    expect({ claims, query, headers: clientHeaders, subprotocols, clientCertificates }).toEqual(body);
    expect(queries).toBe(query);
    expect([
      request.hub,
      request.connectionId,
      request.userId,
      request.webhookRequestOrigin,
      request.isBlocking,
    ]).toEqual(['chat', 'conn-0001', 'ada', 'service.example.org', true]);
    expect(request.context).toMatchObject({
      eventType: 'azure.webpubsub.sys.connect',
      eventName: 'connect',
      id: '1',
      time: '2021-01-01T00:00:00Z',
      source: '/hubs/chat/client/conn-0001',
      clientProtocol: 'default',
      subprotocol: undefined,
    });
    expect(request.headers).toMatchObject({
      'ce-userid': 'ada',
      'content-type': 'application/json; charset=utf-8',
    });
    expect(request.payload).toBe(JSON.stringify(body));
  });

  it('takes what is missing or null as none', async () => {
    const request = (await make().fromHttp(headers, '{"claims":null}')) as ConnectEventRequest;
    const { claims, query, subprotocols, clientCertificates, mqtt } = request;
    expect([{ ...claims }, { ...query }, subprotocols, clientCertificates, mqtt]).toEqual([
      {},
      {},
      [],
      [],
      undefined,
    ]);
  });

  const forms: ReadonlyArray<
    [
      string,
      (
        given: Record<string, string>,
      ) => Iterable<readonly [string, string]> | Record<string, string | string[]>,
    ]
  > = [
    ['an object', (given) => given],
    [
      'an object of lists',
      (given) => Object.fromEntries(Object.entries(given).map(([name, value]) => [name, [value]])),
    ],
    [
      'an object in upper case',
      (given) =>
        Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toUpperCase(), value])),
    ],
    ['Headers', (given) => new Headers(given)],
    ['a Map', (given) => new Map(Object.entries(given))],
    ['pairs', (given) => Object.entries(given)],
  ];
  it.each(forms)('takes headers as %s', async (_, form) => {
    const { context } = await make().fromHttp(form(headers), '{}');
    expect([context.hub, context.userId, context.signatures.length]).toEqual(['chat', 'ada', 2]);
  });

  it.each([
    ['text/plain', 'hé', 'text', 'hé'],
    ['text/plain; charset=utf-8', Buffer.from('hé'), 'text', 'hé'],
    ['application/json', '[1]', 'json', [1]],
    ['Application/JSON', 'null', 'json', null],
    ['application/octet-stream', Buffer.from([0, 255]), 'binary', Buffer.from([0, 255])],
  ])('reads a message of type %s', async (contentType, body, dataType, data) => {
    const event = makeEvent('user.message', { headers: { 'Content-Type': contentType } });
    const request = (await make().fromHttp(event.headers, body)) as MessageEventRequest;
    expect(request).toBeInstanceOf(MessageEventRequest);
    expect([request.dataType, request.data]).toEqual([dataType, data]);
    expect(Buffer.from(request.bytes)).toEqual(Buffer.from(body as string));
  });

  it('keeps the case of event names', async () => {
    const { context } = await make().fromHttp(makeEvent('user.Vote').headers, 'yes');
    expect([context.eventName, context.eventType]).toEqual(['Vote', 'azure.webpubsub.user.vote']);
  });

  it.each(['joined', 'left'] as const)('reads presence: %s', async (change) => {
    const event = makeEvent(`gp.${change}`);
    const request = (await make().fromHttp(event.headers, event.body)) as GroupEventRequest;
    expect(request).toBeInstanceOf(GroupEventRequest);
    expect([request.change, request.group, request.isBlocking]).toEqual([change, 'lobby', false]);
  });

  it.each([
    ['{"reason":"bye"}', 'bye'],
    ['{"reason":null}', null],
    ['{}', ''],
    ['', ''],
  ])('reads a disconnect: %j', async (body, reason) => {
    const request = (await make().fromHttp(
      makeEvent('sys.disconnected').headers,
      body,
    )) as DisconnectedEventRequest;
    expect([request.reason, request.isBlocking]).toEqual([reason, false]);
  });
});

describe('refusals', () => {
  it.each(['ce-hub', 'ce-connectionId', 'ce-type', 'ce-eventName', 'WebHook-Request-Origin'])(
    'name a header that is missing: %s',
    async (name) => {
      const event = makeEvent('sys.connect', { headers: { [name]: undefined } });
      const error = (await refusalOf(make().fromHttp(event.headers, '{}'))) as HeaderNotFoundError;
      expect(error).toBeInstanceOf(HeaderNotFoundError);
      expect(error).toBeInstanceOf(HeaderNotFound);
      expect([error.status, error.key]).toEqual([400, name.toLowerCase()]);
      expect(error.message).toContain(name.toLowerCase());
    },
  );

  it('report missing headers in the order of the Python library', async () => {
    const order = [
      'ce-hub',
      'ce-connectionid',
      'ce-type',
      'ce-eventname',
      'webhook-request-origin',
      'ce-connectionstate',
    ];
    const handler = make({ parity: 'python' });
    const given: Record<string, string> = {};
    for (const name of order) {
      const error = (await refusalOf(handler.fromHttp(given, '{}'))) as HeaderNotFoundError;
      expect(error.key).toBe(name);
      given[name] = name === 'ce-connectionstate' ? 'e30=' : 'x';
    }
  });

  it('carry the context once there is one', async () => {
    const event = makeEvent('sys.other');
    const error = (await refusalOf(make().fromHttp(event.headers, '{}'))) as InvalidEventTypeError;
    expect(error).toBeInstanceOf(InvalidEventTypeError);
    expect(error).toBeInstanceOf(ContextBasedError);
    expect([error.status, error.eventType, error.context.connectionId]).toEqual([
      400,
      'azure.webpubsub.sys.other',
      'conn-0001',
    ]);
    const body = (await refusalOf(make().fromHttp(headers, '{'))) as InvalidConnectRequestError;
    expect([body.status, body.key, body.context.hub]).toEqual([400, 'body', 'chat']);
    const requestValidator = { validate: () => false, contains: () => false };
    const failed = (await refusalOf(
      make({ requestValidator }).fromHttp(headers, '{}'),
    )) as ValidationFailedError;
    expect([failed.status, failed.name, failed.context.userId]).toEqual([
      401,
      'ValidationFailedError',
      'ada',
    ]);
    const name = new InvalidEventNameError(failed.context, 'vote');
    expect([name.status, name.eventName]).toEqual([400, 'vote']);
  });

  it('of a handler without handleConnect come at once', () => {
    const construct = () => new EventHandler({} as EventHandlerOptions);
    expect(construct).toThrow(HandlerNotFoundError);
    expect(construct).toThrow(expect.objectContaining({ handlerName: 'handleConnect', status: 400 }));
  });

  it('become responses with the message, and none of a header value', async () => {
    const response = await make().handle({ ...headers, 'ce-hub': '' }, '{}');
    expect(response).toBeInstanceOf(ServiceErrorResponse);
    expect([response.status, response.statusCode, response.body]).toEqual([400, 400, response.payload]);
    expect(response.payload).toContain('ce-hub');
  });

  it('validators may be asynchronous, and are asked with the context', async () => {
    const validate = jest.fn(async () => true);
    await make({ requestValidator: { validate, contains: async () => true } }).handle(headers, '{}');
    expect(validate).toHaveBeenCalledWith(
      expect.objectContaining({ connectionId: 'conn-0001', origin: 'service.example.org' }),
    );
  });

  it('of a hub that is not handled are 404, after the validator has been asked', async () => {
    const validator = (isValid: boolean) => ({ validate: () => isValid, contains: () => isValid });
    for (const [isValid, status] of [
      [true, 404],
      [false, 401],
    ] as const) {
      const handler = make({ hub: ['a', 'b'], requestValidator: validator(isValid) });
      expect((await handler.handle(headers, '{}')).status).toBe(status);
    }
  });
});

describe('handleException', () => {
  it('replaces the status, or leaves it', async () => {
    const seen: unknown[] = [];
    const handler = make({
      handleConnect: () => {
        throw new BaseError('not today', { status: 409 });
      },
      handleException: async (error) => {
        seen.push(error);
        return seen.length === 1 ? 403 : undefined;
      },
    });
    const statuses = [
      (await handler.handle(headers, '{}')).status,
      (await handler.handle(headers, '{}')).status,
    ];
    expect([statuses, (seen[0] as BaseError).message]).toEqual([[403, 409], 'not today']);
  });

  it('in parity with Python is told of the errors of the library alone; others are thrown', async () => {
    const handleException = jest.fn(() => 418);
    const make = (error: Error) =>
      new EventHandler({
        parity: 'python',
        handleException,
        handleConnect: () => {
          throw error;
        },
      });
    const response = await make(new BaseError('a')).handle(headers, '{}');
    expect([response.status, response.payload, response.headers]).toEqual([418, '', {}]);
    await expect(make(new Error('bug')).handle(headers, '{}')).rejects.toThrow('bug');
    expect(handleException).toHaveBeenCalledTimes(1);
  });
});

describe('connection state', () => {
  const withState = makeEvent('user.message', {
    headers: { 'ce-connectionState': encodeState({ key: 'a', other: 1 }) },
  });

  it('is as it came, and its header follows every edit, also after the handler', async () => {
    const response = await make().handle(withState.headers, 'hi');
    const edit = response as unknown as {
      connectionState: string;
      setState(n: string, v: unknown): void;
      delState(n: string): void;
      clearStates(): void;
    };
    expect([response.headers, decodeState(edit.connectionState)]).toEqual([{}, { key: 'a', other: 1 }]);
    const header = () => decodeState(response.headers['ce-connectionstate']);
    edit.setState('key', 'next_state');
    expect(header()).toEqual({ key: 'next_state', other: 1 });
    edit.delState('other');
    edit.delState('nobody');
    expect(header()).toEqual({ key: 'next_state' });
    edit.clearStates();
    expect(response.headers).toEqual({ 'ce-connectionstate': 'e30=' });
  });

  it('is not sent with a refusal', async () => {
    const handler = make({
      handleUserMessage: (_, response) => {
        response.setState('a', 1);
        response.fail(400);
      },
    });
    expect((await handler.handle(withState.headers, 'hi')).headers).toEqual({});
  });

  it('is not sent for events that nobody waits for', async () => {
    const response = await make().handle(makeEvent('sys.connected').headers, '{}');
    expect([response.status, response.headers, response.payload]).toEqual([200, {}, '']);
  });

  it('in parity with Python is sent always, and what is no object is echoed', async () => {
    const handler = make({ parity: 'python' });
    expect(
      decodeState((await handler.handle(withState.headers, 'hi')).headers['ce-connectionstate']),
    ).toEqual({ key: 'a', other: 1 });
    const list = { ...headers, 'ce-connectionState': encodeState([1, 2]) };
    const response = await handler.handle(list, '{}');
    expect(response.headers).toEqual({ 'ce-connectionstate': encodeState([1, 2]) });
    expect(() => (response as unknown as { setState(n: string, v: unknown): void }).setState('a', 1)).toThrow(
      TypeError,
    );
  });

  it('in parity with Python headers end at their first comma', async () => {
    const event = makeEvent('sys.connect', {
      headers: { 'ce-userId': 'ada,root', 'ce-eventName': 'CONNECT' },
    });
    const { context } = await make({ parity: 'python' }).fromHttp(event.headers, '{}');
    expect([context.userId, context.eventName, context.signature]).toEqual([
      'ada',
      'connect',
      context.signatures[0],
    ]);
    expect((await make().fromHttp(event.headers, '{}')).context.userId).toBe('ada,root');
  });
});

describe('answers to messages', () => {
  it.each([
    ['a text', 'hi', 'hi', 'text/plain; charset=utf-8'],
    ['an object', { a: [1] }, '{"a":[1]}', 'application/json; charset=utf-8'],
    ['a number', 0, '0', 'application/json; charset=utf-8'],
    ['null', null, 'null', 'application/json; charset=utf-8'],
    ['an empty text', '', '', 'text/plain; charset=utf-8'],
    ['bytes', new Uint8Array([1, 2]), new Uint8Array([1, 2]), 'application/octet-stream'],
    [
      'a view of bytes',
      new Uint8Array([0, 1, 2]).subarray(1),
      new Uint8Array([1, 2]),
      'application/octet-stream',
    ],
    ['an ArrayBuffer', new Uint8Array([1, 2]).buffer, new Uint8Array([1, 2]), 'application/octet-stream'],
  ])('take their form from what is returned: %s', async (_, returned, payload, contentType) => {
    const handler = make({ handleUserMessage: async () => returned });
    const response = await handler.handle(makeEvent('user.message').headers, 'hello');
    expect([response.status, response.payload, response.headers]).toEqual([
      200,
      payload,
      { 'content-type': contentType },
    ]);
  });

  it('are nothing without a handler, or when it returns nothing', async () => {
    for (const handler of [make(), make({ handleUserMessage: () => {} })]) {
      const response = await handler.handle(makeEvent('user.message').headers, 'hello');
      expect([response.status, response.payload, response.headers]).toEqual([204, '', {}]);
    }
  });
});

describe('MQTT', () => {
  const connect = (version: number) => ({
    headers: { ...headers, ...mqttHeaders },
    body: JSON.stringify({
      mqtt: {
        protocolVersion: version,
        cleanStart: true,
        username: 'u',
        password: 'cA==',
        userProperties: null,
      },
    }),
  });

  it('connections are known by both of their headers', async () => {
    const { headers, body } = connect(5);
    const request = (await make().fromHttp(headers, body)) as ConnectEventRequest;
    expect(request.context).toMatchObject({
      clientProtocol: 'mqtt',
      mqtt: { physicalConnectionId: 'physical-1', sessionId: 'session-1' },
    });
    expect(request.mqtt).toMatchObject({ protocolVersion: 5, username: 'u' });
    const plain = await make().fromHttp({ ...headers, 'ce-physicalConnectionId': '' }, body);
    expect(plain.context.clientProtocol).toBe('default');
  });

  it('refusals by an error are told in its own words', async () => {
    const { headers, body } = connect(4);
    const handler = make({
      handleConnect: () => {
        throw new BaseError('no', { status: 401 });
      },
    });
    const response = await handler.handle(headers, body);
    expect([response.status, JSON.parse(response.payload as string)]).toEqual([
      401,
      { mqtt: { code: 5, reason: 'no' } },
    ]);
  });

  it.each([
    [1, 400],
    [3, 503],
    [5, 401],
    [130, 500],
    [132, 400],
    [134, 401],
    [138, 403],
    [151, 429],
    [159, 429],
    [137, 500],
    [0, 500],
    [999, 500],
  ])('the code %s is the status %s', async (code, status) => {
    const { headers, body } = connect(5);
    const handler = make({ handleConnect: (_, response) => response.failWith({ mqtt: { code } }) });
    expect((await handler.handle(headers, body)).status).toBe(status);
  });

  it('messages may be of any type, and have user properties both ways', async () => {
    const event = makeEvent('user.message', {
      headers: { ...mqttHeaders, 'Content-Type': 'image/png', 'mqtt-Colour': 'red' },
    });
    const handler = make({
      handleUserMessage: (request, response) => {
        for (const { name, value } of request.userProperties) {
          response.addUserProperty({ name: `${name}-2`, value });
        }
        return request.data;
      },
    });
    const response = await handler.handle(event.headers, Buffer.from([1, 2]));
    expect([response.headers, response.payload]).toEqual([
      { 'content-type': 'application/octet-stream', 'mqtt-colour-2': 'red' },
      new Uint8Array([1, 2]),
    ]);
  });

  it('disconnects tell the packet', async () => {
    const mqtt = { initiatedByClient: true, disconnectPacket: { code: 4, userProperties: null } };
    const { headers } = makeEvent('sys.disconnected', { headers: mqttHeaders });
    const request = (await make().fromHttp(
      headers,
      JSON.stringify({ reason: null, mqtt }),
    )) as DisconnectedEventRequest;
    expect([request.mqtt, request.reason]).toEqual([mqtt, null]);
  });
});
