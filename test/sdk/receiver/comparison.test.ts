import { WebPubSubEventHandler, type WebPubSubEventHandlerOptions } from '@azure/web-pubsub-express';
import { AccessKeyValidator, EventHandler } from '../../../sdk/receiver';
import { runtimes, toFetchRequest } from '../../support/event-runtimes';
import { type EventServer, startEventServer } from '../../support/event-servers';
import { expresses } from '../../support/expresses';
import { comparison } from '../../support/web-pubsub-comparison';
import { connectionString, makeEvent, makePreflight } from '../../support/web-pubsub-events';

const quiet = () => {};
const answers = {
  handleConnect: () => ({ groups: ['lobby'] }),
  handleConnected: quiet,
  handleDisconnected: quiet,
  handleUserMessage: () => 'heard',
  handleGroupJoined: quiet,
  handleGroupLeft: quiet,
};

const theirs: WebPubSubEventHandlerOptions = {
  path: '/eventhandler',
  handleConnect: (_, response) => response.success({ groups: ['lobby'] }),
  handleUserEvent: (_, response) => response.success('heard', 'text'),
  onConnected: quiet,
  onDisconnected: quiet,
  onGroupJoined: quiet,
  onGroupLeft: quiet,
};

type Express = (typeof expresses)[number][1];

function startTheirs(express: Express, options: WebPubSubEventHandlerOptions): Promise<EventServer> {
  const middleware = new WebPubSubEventHandler('chat', options).getMiddleware();
  // biome-ignore lint/suspicious/noExplicitAny: its types are those of Express 4
  return startEventServer(express().use(middleware as any));
}

describe.each(expresses)('the Express library in %s', (_, express) => {
  let withHandlers: EventServer;
  let without: EventServer;
  beforeAll(async () => {
    jest.spyOn(console, 'warn').mockImplementation(quiet);
    withHandlers = await startTheirs(express, theirs);
    without = await startTheirs(express, { path: '/eventhandler' });
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await withHandlers.stop();
    await without.stop();
  });

  it.each(comparison)(
    'answers as the table says: $name',
    async ({ event, express: expected, expressWithoutHandlers }) => {
      expect((await withHandlers.send(event)).status).toBe(expected);
      expect((await without.send(event)).status).toBe(expressWithoutHandlers);
    },
  );
});

describe.each(['express', 'express4'] as const)('the default profile in %s', (runtime) => {
  let server: EventServer;
  beforeAll(async () => {
    const handler = new EventHandler({ ...answers, hub: 'Chat' });
    server = await runtimes[runtime](handler, { path: '/eventhandler' });
  });
  afterAll(() => server.stop());

  it.each(comparison)('answers as the table says: $name', async ({ event, ours }) => {
    expect((await server.send(event)).status).toBe(ours);
  });

  it('grants by the header that CloudEvents names', async () => {
    const { status, headers, body } = await server.send(makePreflight({ 'WebHook-Request-Rate': '120' }));
    expect([status, body.length]).toEqual([200, 0]);
    expect(headers).toMatchObject({
      'webhook-allowed-origin': '*',
      'webhook-allowed-rate': '*',
      allow: 'OPTIONS, POST',
    });
    expect(headers).not.toHaveProperty('webhook-request-origin');
  });

  it('says by 405 which methods there are', async () => {
    expect((await server.send(makeEvent('sys.connect', { method: 'PUT' }))).headers.allow).toBe(
      'OPTIONS, POST',
    );
  });
});

describe('parity with Python', () => {
  const silent = { onError: quiet };
  const wrapped = (handler: EventHandler) =>
    handler.wrap(() => new Response('inner application', { status: 299 }), '/eventhandler');
  const python = wrapped(new EventHandler({ ...answers, ...silent, parity: 'python', hub: 'chat' }));

  it.each(comparison)('answers as the table says: $name', async ({ event, python: expected }) => {
    const response = await python(toFetchRequest(event));
    expect(response.status).toBe(expected === 'inner application' ? 299 : expected);
  });

  it('writes its texts, its headers, and no content type', async () => {
    const missing = await python(
      toFetchRequest(makeEvent('sys.connect', { headers: { 'WebHook-Request-Origin': undefined } })),
    );
    expect([await missing.text(), missing.headers.get('content-type')]).toEqual([
      'Missing webhook request origin.',
      null,
    ]);
    const refused = await python(toFetchRequest(makeEvent('sys.connect', { body: '{' })));
    expect([await refused.text(), refused.headers.get('content-type')]).toEqual(['', null]);
    const granted = await python(toFetchRequest(makePreflight()));
    expect(granted.headers.get('webhook-request-origin')).toBe('*');
    expect(granted.headers.has('webhook-allowed-origin')).toBe(false);
    const connected = await python(toFetchRequest(makeEvent('sys.connect')));
    expect(Object.fromEntries(connected.headers)).toEqual({ 'ce-connectionstate': 'e30=' });
    expect(await connected.json()).toEqual({ groups: ['lobby'] });
    const nothing = wrapped(new EventHandler({ handleConnect: () => undefined, parity: 'python' }));
    expect(await (await nothing(toFetchRequest(makeEvent('sys.connect')))).json()).toBeNull();
    const unheard = await nothing(toFetchRequest(makeEvent('user.message')));
    expect([unheard.status, await unheard.text(), unheard.headers.get('ce-connectionstate')]).toEqual([
      200,
      '',
      'e30=',
    ]);
  });

  it.each([
    ['present', 'sha256=00', 200],
    ['present', undefined, 401],
    ['checked', 'sha256=00', 401],
  ] as const)('with a validator that asks for a signature %s, %s is %s', async (signature, sent, status) => {
    const requestValidator = new AccessKeyValidator(connectionString(), { signature });
    const served = wrapped(new EventHandler({ ...answers, parity: 'python', requestValidator }));
    const event = makeEvent('sys.connect', { headers: { 'ce-signature': sent } });
    expect((await served(toFetchRequest(event))).status).toBe(status);
  });

  it.each([
    ['ce-hub', 200],
    ['ce-connectionState', 500],
  ])('takes an empty %s for one that is there', async (name, status) => {
    const event = makeEvent('sys.connect', { headers: { [name]: '' } });
    expect((await python(toFetchRequest(event))).status).toBe(status);
  });

  it('asks the validator about preflights as the original does: lists are not trimmed', async () => {
    const requestValidator = new AccessKeyValidator('Endpoint=svc;AccessKey=k;');
    const handler = new EventHandler({ ...answers, parity: 'python', requestValidator });
    const asking = ['evil,svc', 'evil, svc', 'evil', ''].map((origin) =>
      handler.preflight({ 'webhook-request-origin': origin }),
    );
    expect(await Promise.all([...asking, handler.preflight({})])).toEqual([true, false, false, false, false]);
    const refused = await wrapped(handler)(toFetchRequest(makePreflight()));
    expect([refused.status, await refused.text(), refused.headers.get('content-type')]).toEqual([
      400,
      'Abuse protection validation failed.',
      null,
    ]);
  });
});
