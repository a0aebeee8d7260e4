import {
  type ConnectRequest,
  type ConnectResponseHandler,
  type UserEventRequest,
  type UserEventResponseHandler,
  WebPubSubEventHandler,
} from '@azure/web-pubsub-express';
import { EventHandler, toExpressMiddleware } from '../../../sdk/receiver';
import { type EventServer, type Received, startEventServer } from '../../support/event-servers';
import { expresses } from '../../support/expresses';
import {
  decodeState,
  encodeState,
  makeEvent,
  mqttHeaders,
  type SentEvent,
} from '../../support/web-pubsub-events';

type Express = (typeof expresses)[number][1];

/** What handlers of both kinds are asked to do: it travels in the claims and in the messages. */
type Task = string;

const connects: Readonly<Record<Task, (response: ConnectResponseHandler) => void>> = {
  state: (response) => {
    response.setState('room', 'attic');
    response.success({ groups: ['lobby'], roles: ['webpubsub.sendToGroup'], userId: 'ada' });
  },
  nothing: (response) => response.success(),
  empty: (response) => response.success({}),
  refuse: (response) => response.fail(401, 'not you'),
  'refuse with': (response) => response.failWith({ code: 400, detail: 'wrong' }),
  'refuse as MQTT': (response) =>
    response.failWith({ mqtt: { code: 138, reason: 'banned', userProperties: [{ name: 'a', value: 'b' }] } }),
};

function connect(task: Task | undefined, response: ConnectResponseHandler): void {
  connects[task ?? '']?.(response);
}

const messages: Readonly<Record<Task, (response: UserEventResponseHandler) => void>> = {
  state: (response) => {
    response.setState('said', { times: 1 });
    response.success('noted', 'text');
  },
  json: (response) => response.success('{"a":[1]}', 'json'),
  binary: (response) => response.success(new Uint8Array([0, 255]) as unknown as ArrayBuffer, 'binary'),
  refuse: (response) => {
    response.setState('lost', true);
    response.fail(500, 'no');
  },
};

function message(request: { data: unknown; dataType: string }, response: UserEventResponseHandler): void {
  const known = messages[`${request.data}`];
  if (known) {
    known(response);
  } else {
    response.success(`${request.dataType} ${JSON.stringify(request.data)}`, 'text');
  }
}

/** What a handler has seen, in words that both libraries have. */
const seen = (request: Pick<ConnectRequest, 'claims' | 'query' | 'subprotocols'>) => ({
  claims: { ...request.claims },
  query: { ...request.query },
  subprotocols: [...(request.subprotocols ?? [])],
});

function startTheirs(express: Express, log: unknown[]): Promise<EventServer> {
  const handler = new WebPubSubEventHandler('chat', {
    path: '/eventhandler',
    handleConnect: (request, response) => {
      log.push([
        seen(request),
        { ...request.context.states },
        request.context.userId,
        request.context.clientProtocol,
      ]);
      connect(request.claims?.task?.[0], response);
    },
    handleUserEvent: (request: UserEventRequest, response) => {
      log.push([request.context.eventName, { ...request.context.states }, request.dataType]);
      message(request, response);
    },
    onConnected: (request) => log.push([request.context.connectionId, { ...request.context.states }]),
    onDisconnected: (request) => log.push([request.reason ?? '', { ...request.context.states }]),
    onGroupJoined: (request) => log.push(['joined', request.group, { ...request.context.states }]),
    onGroupLeft: (request) => log.push(['left', request.group, { ...request.context.states }]),
  });
  // biome-ignore lint/suspicious/noExplicitAny: its types are those of Express 4
  return startEventServer(express().use(handler.getMiddleware() as any));
}

function startOurs(express: Express, log: unknown[]): Promise<EventServer> {
  const handler = new EventHandler({
    hub: 'chat',
    handleConnect: (request, response) => {
      const { connectionState, userId, context } = request;
      log.push([seen(request as unknown as ConnectRequest), connectionState, userId, context.clientProtocol]);
      connect(request.claims.task?.[0], response as ConnectResponseHandler);
    },
    handleUserMessage: (request, response) => {
      log.push([request.context.eventName, request.connectionState, request.dataType]);
      const { data, dataType } = request;
      message({ data: dataType === 'binary' ? Buffer.from(data as Uint8Array) : data, dataType }, response);
    },
    handleConnected: (request) => log.push([request.connectionId, request.connectionState]),
    handleDisconnected: (request) => log.push([request.reason ?? '', request.connectionState]),
    handleGroupJoined: (request) => log.push(['joined', request.group, request.connectionState]),
    handleGroupLeft: (request) => log.push(['left', request.group, request.connectionState]),
  });
  return startEventServer(express().use(toExpressMiddleware(handler, { path: '/eventhandler' })));
}

/** Statuses, headers of the protocol and bodies: what a sender can tell apart. */
function told({ status, headers, body }: Received) {
  const { 'content-type': contentType, 'ce-connectionstate': state } = headers;
  const text = body.toString('latin1');
  return {
    status,
    contentType,
    state: decodeState(state),
    body: contentType?.startsWith('application/json') ? JSON.parse(text) : text,
  };
}

const connectTo = (task: Task, headers: Record<string, string> = {}, mqtt?: object) =>
  makeEvent('sys.connect', {
    headers,
    body: JSON.stringify({
      claims: { task: [task] },
      query: { a: ['1', '2'] },
      subprotocols: ['x'],
      ...(mqtt ? { mqtt } : {}),
    }),
  });
const say = (body: string | Uint8Array, type = 'text/plain', state: unknown = {}) =>
  makeEvent('user.message', {
    body,
    headers: { 'Content-Type': type, 'ce-connectionState': encodeState(state) },
  });
const v5 = { protocolVersion: 5, cleanStart: true, username: 'u', password: 'cA==', userProperties: null };
const v4 = { ...v5, protocolVersion: 4 };

const same: ReadonlyArray<readonly [name: string, event: SentEvent]> = [
  ['connect, with state', connectTo('state')],
  ['connect, nothing', connectTo('nothing')],
  ['connect, an empty object', connectTo('empty')],
  [
    'connect, with a state that came',
    connectTo('state', { 'ce-connectionState': encodeState({ floor: 3 }) }),
  ],
  ['connect of MQTT', connectTo('state', mqttHeaders, v5)],
  ['connect of MQTT, refused with a status (5.0)', connectTo('refuse', mqttHeaders, v5)],
  ['connect of MQTT, refused with a status (3.1.1)', connectTo('refuse with', mqttHeaders, v4)],
  ['connect of MQTT, refused with a code', connectTo('refuse as MQTT', mqttHeaders, v5)],
  ['connected', makeEvent('sys.connected')],
  ['message, text', say('hé')],
  ['message, JSON', say('{"a":["b",null]}', 'application/json; charset=utf-8')],
  ['message, bytes', say(new Uint8Array([1, 2, 255]), 'application/octet-stream')],
  ['message that sets state', say('state', 'text/plain', { room: 'attic' })],
  ['message answered with JSON', say('json')],
  ['message answered with bytes', say('binary')],
  ['an event of its own name', makeEvent('user.Vote', { body: 'yes' })],
  ['joined a group', makeEvent('gp.joined')],
  ['left a group', makeEvent('gp.left', { headers: { 'ce-connectionState': encodeState({ floor: 3 }) } })],
  ['disconnected', makeEvent('sys.disconnected')],
  ['disconnected, no reason', makeEvent('sys.disconnected', { body: '{"reason":null}' })],
];

describe.each(expresses)('the same requests, connect to disconnect, in %s', (_, express) => {
  const [theirLog, ourLog]: [unknown[], unknown[]] = [[], []];
  let theirs: EventServer;
  let ours: EventServer;
  beforeAll(async () => {
    theirs = await startTheirs(express, theirLog);
    ours = await startOurs(express, ourLog);
  });
  afterAll(async () => {
    await theirs.stop();
    await ours.stop();
  });
  beforeEach(() => {
    theirLog.length = 0;
    ourLog.length = 0;
  });

  it.each(same)('are told and answered the same: %s', async (_, event) => {
    const [expected, found] = [told(await theirs.send(event)), told(await ours.send(event))];
    expect(found).toEqual(expected);
    expect(ourLog).toEqual(theirLog);
    expect(ourLog).toHaveLength(1);
  });

  it.each([
    ['connect', connectTo('refuse'), 401, 'not you'],
    ['connect, by failWith', connectTo('refuse with'), 400, 'wrong'],
    ['message', say('refuse'), 500, 'no'],
  ])('refuse with the same status and text, ours with a content type: %s', async (_, event, status, body) => {
    const [expected, found] = [told(await theirs.send(event)), told(await ours.send(event))];
    expect(expected).toEqual({ status, body, contentType: undefined, state: undefined });
    expect(found).toEqual({ ...expected, contentType: 'text/plain; charset=utf-8' });
  });

  it('carry a state through a whole connection', async () => {
    for (const server of [theirs, ours]) {
      const opened = told(await server.send(connectTo('state')));
      const talked = told(await server.send(say('state', 'text/plain', opened.state)));
      const left = { 'ce-connectionState': encodeState(talked.state) };
      await server.send(makeEvent('sys.disconnected', { headers: left }));
    }
    expect(ourLog).toEqual(theirLog);
    expect(ourLog.at(-1)).toEqual(['bye', { room: 'attic', said: { times: 1 } }]);
  });
});
