import { makeFunction } from '../../../examples/receiver/azure-functions';
import { makeApplication } from '../../../examples/receiver/express';
import { makeWorker } from '../../../examples/receiver/fetch';
import { handler } from '../../../examples/receiver/lambda';
import { toFetchRequest, toLambdaV1, toLambdaV2 } from '../../support/event-runtimes';
import { type EventServer, type Received, startEventServer } from '../../support/event-servers';
import {
  connectionString,
  decodeState,
  makeEvent,
  makePreflight,
  type SentEvent,
} from '../../support/web-pubsub-events';

type Send = (event: SentEvent) => Promise<Received>;

const fromFetch = async (response: Response): Promise<Received> => ({
  status: response.status,
  headers: Object.fromEntries(response.headers),
  body: Buffer.from(await response.arrayBuffer()),
});

let server: EventServer;
let log: jest.SpyInstance;
beforeAll(async () => {
  server = await startEventServer(makeApplication(connectionString()));
  process.env.WEB_PUBSUB_CONNECTION_STRING = connectionString();
  log = jest.spyOn(console, 'log').mockImplementation(() => {});
});
afterAll(async () => {
  log.mockRestore();
  delete process.env.WEB_PUBSUB_CONNECTION_STRING;
  await server.stop();
});

const lambda =
  (toEvent: typeof toLambdaV1 | typeof toLambdaV2): Send =>
  async (event) => {
    const { statusCode, headers, body, isBase64Encoded } = await handler(toEvent(event));
    return { status: statusCode, headers, body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8') };
  };

const examples: ReadonlyArray<readonly [name: string, send: Send]> = [
  ['Express', (event) => server.send(event)],
  ['Fetch', async (event) => fromFetch(await makeWorker(connectionString()).fetch(toFetchRequest(event)))],
  ['Lambda, version 1', lambda(toLambdaV1)],
  ['Lambda, version 2', lambda(toLambdaV2)],
  [
    'Azure Functions',
    async (event) => {
      const { status, headers, body } = await makeFunction(connectionString())(toFetchRequest(event));
      return { status, headers, body: Buffer.from(body) };
    },
  ],
];

describe.each(examples)('the example for %s', (_, send) => {
  const text = ({ body }: Received) => body.toString();

  it('carries a chat from its handshake to its end', async () => {
    expect((await send(makePreflight())).headers['webhook-allowed-origin']).toBe('service.example.org');

    const connected = await send(makeEvent('sys.connect'));
    expect([connected.status, JSON.parse(text(connected))]).toEqual([
      200,
      { groups: ['1'], userId: 'ada', roles: ['webpubsub.sendToGroup'] },
    ]);
    await send(makeEvent('sys.connected'));

    let state = connected.headers['ce-connectionstate'];
    for (const times of [1, 2]) {
      const headers = { 'ce-connectionState': state };
      const answer = await send(makeEvent('user.message', { headers }));
      expect([answer.status, text(answer)]).toEqual([200, `ada in 1, ${times}: hello`]);
      state = answer.headers['ce-connectionstate'];
    }
    expect(decodeState(state)).toEqual({ room: '1', said: 2 });

    log.mockClear();
    expect(
      (await send(makeEvent('sys.disconnected', { headers: { 'ce-connectionState': state } }))).status,
    ).toBe(200);
    expect(log).toHaveBeenCalledWith('ada left');
  });

  it('refuses who may not write, and who did not sign', async () => {
    const guest = await send(makeEvent('sys.connect', { body: '{"claims":{"role":["guest"]}}' }));
    expect([guest.status, text(guest)]).toEqual([403, 'writers only']);
    const forged = await send(makeEvent('sys.connect', { headers: { 'ce-signature': 'sha256=00' } }));
    expect(forged.status).toBe(403);
  });
});

describe('pages beside the chat', () => {
  const page = { method: 'GET', path: '/', headers: {}, body: '' };
  it.each([examples[0]!, examples[1]!])('are served in %s', async (_, send) => {
    const { status, body } = await send(page);
    expect([status, body.toString()]).toEqual([200, 'my pages']);
  });
});
