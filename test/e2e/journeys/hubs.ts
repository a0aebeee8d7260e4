import { randomBytes } from 'node:crypto';
import {
  type EventChanges,
  encodeState,
  makeEvent,
  makePreflight,
  mqttHeaders,
  type SentEvent,
} from '../../support/web-pubsub-events';
import { freshName, type JourneyOf, send, subscribe, unsubscribe, until } from './journey';

/** What Azure Web PubSub sends to an event handler, and what subscribers get of it. */
export function hubs(journey: JourneyOf): void {
  const hub = `h${randomBytes(6).toString('hex')}`;
  const path = `/${hub}`;
  let subscription: Awaited<ReturnType<typeof subscribe>>;

  beforeAll(async () => {
    subscription = await subscribe(journey(), path, { topic: `hub/hub.${hub}.*` });
  });
  afterAll(async () => unsubscribe(journey(), subscription));

  const tell = ({ method, headers, body }: SentEvent, to = `/hubs/${hub}/events`) =>
    send(journey(), to, { method, headers, body, token: undefined });
  /** A connection counts its events. */
  const connection = (id = freshName()) => {
    let count = 0;
    return (type: string, { headers, ...changes }: EventChanges = {}) => {
      count += 1;
      return makeEvent(type, {
        headers: { 'ce-connectionId': id, 'ce-hub': hub, 'ce-id': `${count}`, ...headers },
        ...changes,
      });
    };
  };
  /** The bodies of the webhooks about a connection, once each: a webhook may come twice. */
  const caught = (id: string) => {
    const ours = journey().subscriber.caught.filter((webhook) => webhook.path === path);
    const byId = new Map(ours.map(({ headers, body }) => [headers['webhook-id'], JSON.parse(body)]));
    return [...byId.values()].filter(({ connectionid }) => connectionid === id);
  };
  const arrived = (id: string, count: number) =>
    until(
      async () => caught(id),
      (found) => found.length >= count,
    );

  it.each(['', '/'])('ask for permission, and get it (%j)', async (slash) => {
    const granted = await tell(makePreflight(), `/hubs/${hub}/events${slash}`);
    expect(granted).toMatchObject({
      status: 200,
      text: '',
      headers: { 'webhook-allowed-origin': 'service.example.org', allow: 'OPTIONS, POST' },
    });
    expect(await tell(makePreflight({ 'WebHook-Request-Origin': undefined }))).toMatchObject({ status: 400 });
  });

  it('tell of a connection from its beginning to its end, in order and once, with its state', async () => {
    const id = freshName();
    const event = connection(id);
    const state = { 'ce-connectionState': encodeState({ room: 'attic' }) };
    const say = (body: string | Uint8Array, type: string) =>
      event('user.message', { body, headers: { 'Content-Type': type, ...state } });
    expect(await tell(event('sys.connect'))).toMatchObject({ status: 204, text: '' });
    const told = [
      [event('sys.connected'), 200],
      [say('hé', 'text/plain'), 204],
      [say('{"n": 1.0, "big": 12345678901234567890}', 'application/json'), 204],
      [say(new Uint8Array([0, 255]), 'application/octet-stream'), 204],
      [event('user.Vote', { body: 'yes' }), 204],
      [event('gp.joined'), 200],
      [event('sys.disconnected', { headers: state }), 200],
    ] as const;
    for (const [index, [one, status]] of told.entries()) {
      expect(await tell(one)).toMatchObject({ status, text: '' });
      // Something between us and the service repeats it.
      expect(await tell(one)).toMatchObject({ status, text: '' });
      await arrived(id, index + 1);
    }
    const kept = { connectionid: id, hub, userid: 'ada', origin: 'service.example.org' };
    expect(caught(id)).toMatchObject([
      { type: `hub.${hub}.sys.connected`, data: {}, ...kept },
      { type: `hub.${hub}.message`, data: 'hé', datatype: 'text', state: '{"room":"attic"}', ...kept },
      { type: `hub.${hub}.message`, datatype: 'json', state: '{"room":"attic"}', ...kept },
      { type: `hub.${hub}.message`, data: { data_base64: 'AP8=' }, datatype: 'binary', ...kept },
      { type: `hub.${hub}.Vote`, data: 'yes', eventname: 'Vote', ...kept },
      { type: `hub.${hub}.gp.joined`, data: { group: 'lobby' }, ...kept },
      { type: `hub.${hub}.sys.disconnected`, data: { reason: 'bye' }, state: '{"room":"attic"}', ...kept },
    ]);
    const raw = journey().subscriber.caught.filter(({ body }) => body.includes('"big"') && body.includes(id));
    expect(raw[0]?.body).toContain('"data":{"n": 1.0, "big": 12345678901234567890}}');
  });

  it('are kept in order for a connection, and listed by their topic', async () => {
    const event = connection();
    for (let n = 0; n < 20; n += 1) {
      const sent = event('user.count', { body: `${n}`, headers: { 'Content-Type': 'application/json' } });
      expect(await tell(sent)).toMatchObject({ status: 204 });
    }
    const topic = encodeURIComponent(`hub/hub.${hub}.count`);
    const listed = await until(
      async () => (await send(journey(), `/v1/events?topic=${topic}&order=asc`)).json.events,
      (events) => events.length >= 20,
    );
    const numbers = listed.map(({ data }: { data: number }) => data);
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, n) => n));
    expect(listed[0]).toMatchObject({ door: 'hub', subject: 'ada', attributes: { eventname: 'count' } });
  });

  it('are one event when they are repeated, and two when a connection id comes again later', async () => {
    const id = freshName();
    const said = (time: string) =>
      connection(id)('user.message', { headers: { 'ce-time': time }, body: 'the same' });
    for (const time of ['2021-01-01T00:00:00Z', '2021-01-01T00:00:00Z', '2021-01-02T00:00:00Z']) {
      await tell(said(time));
    }
    await tell(connection(id)('sys.disconnected'));
    await until(
      async () => caught(id),
      (found) => found.some(({ type }) => type.endsWith('sys.disconnected')) && found.length >= 3,
    );
    const times = caught(id)
      .filter(({ data }) => data === 'the same')
      .map(({ timestamp }) => timestamp);
    expect(times.sort()).toEqual(['2021-01-01T00:00:00Z', '2021-01-02T00:00:00Z']);
  });

  it('may be of MQTT', async () => {
    const id = freshName();
    const event = connection(id);
    const connect = { headers: { ...mqttHeaders, 'ce-sessionId': undefined } };
    expect(await tell(event('sys.connect', connect))).toMatchObject({ status: 204 });
    const headers = { ...mqttHeaders, 'Content-Type': 'image/png', 'mqtt-colour': 'red' };
    expect(await tell(event('user.picture', { headers, body: 'x' }))).toMatchObject({ status: 204 });
    expect(await arrived(id, 1)).toMatchObject([
      {
        type: `hub.${hub}.picture`,
        sessionid: 'session-1',
        userproperties: '[{"name":"colour","value":"red"}]',
      },
    ]);
  });

  it('cannot say that another one has come or gone, and reach nobody who did not ask', async () => {
    const id = freshName();
    const event = connection(id);
    for (const name of ['sys.disconnected', '../events', `a/b`, '*', '{hub}']) {
      expect(await tell(event('user.x', { headers: { 'ce-eventName': name } }))).toMatchObject({
        status: 204,
      });
    }
    const types = (await arrived(id, 5)).map(({ type }) => type.slice(`hub.${hub}.`.length));
    expect(types.sort()).toEqual(['%2A', '%7Bhub%7D', '..%2Fevents', 'a%2Fb', 'sys%2Edisconnected']);
  });

  it('are refused in a line of text', async () => {
    const event = connection();
    const refusals: ReadonlyArray<readonly [SentEvent, number]> = [
      [event('sys.connect', { headers: { 'ce-hub': 'other' } }), 404],
      [event('sys.connect', { body: '{' }), 400],
      [event('sys.unknown'), 400],
      [event('user.x', { headers: { 'ce-id': undefined } }), 400],
      [event('user.x', { headers: { 'Content-Type': 'image/png' } }), 415],
      [event('user.x', { body: 'x'.repeat(300_000) }), 413],
      [event('sys.connect', { method: 'GET', body: '' }), 405],
    ];
    for (const [sent, status] of refusals) {
      const answer = await tell(sent);
      expect(answer).toMatchObject({ status, headers: { 'content-type': 'text/plain; charset=utf-8' } });
      expect(answer.text).toMatch(/^[^\n]{10,200}$/);
    }
    expect(await tell(event('sys.connect'), `/hubs/${hub}`)).toMatchObject({ status: 404 });
  });
}
