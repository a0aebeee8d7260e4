import fc from 'fast-check';
import { eventSchema } from '../../../core/events/event-schema';
import { readEventRecord } from '../../../core/events/read-event-record';
import { encodeRecord } from '../../../core/stream-record';
import { standardBody } from '../../../core/webhooks/requests/webhook-body';
import { StreamThrottledError } from '../../../lambdas/aws/put-records';
import { prepareKeys } from '../../../lambdas/hub/hub-guard';
import { type HubDoorOptions, type HubReply, openHubDoor } from '../../support/hub-door';
import { comparison } from '../../support/web-pubsub-comparison';
import {
  accessKeys,
  connectionString,
  encodeState,
  makeEvent,
  makePreflight,
  mqttHeaders,
  signConnection,
} from '../../support/web-pubsub-events';

type Headers = Record<string, string | undefined>;

const say = (body: string | Uint8Array, contentType = 'text/plain', headers: Headers = {}) =>
  makeEvent('user.message', { body, headers: { 'Content-Type': contentType, ...headers } });
const isText = (reply: HubReply) =>
  expect([reply.headers['content-type'], reply.text.includes('\n')]).toEqual([
    'text/plain; charset=utf-8',
    false,
  ]);

let door: ReturnType<typeof openHubDoor>;
const open = (options: HubDoorOptions = {}) => {
  door = openHubDoor(options);
  return door;
};
beforeEach(() => open());

describe('connect', () => {
  it('is answered by the rules of the hub, and is no event', async () => {
    const rules = [
      {
        when: { claims: { role: { equals: 'writer' } } },
        allow: { groups: ['lobby'], state: { tier: 'gold' } },
      },
      { deny: { status: 403, text: 'writers alone' } },
    ];
    open({ hubs: { Chat: { rules } } });
    const allowed = await door.send(makeEvent('sys.connect'));
    expect(allowed).toMatchObject({
      status: 200,
      text: '{"groups":["lobby"]}',
      headers: { 'ce-connectionstate': encodeState({ tier: 'gold' }) },
    });
    expect(allowed.headers['content-type']).toBe('application/json; charset=utf-8');
    const refused = await door.send(makeEvent('sys.connect', { body: '{"claims":{"role":["reader"]}}' }));
    expect(refused).toMatchObject({ status: 403, text: 'writers alone' });
    isText(refused);
    expect(refused.headers).not.toHaveProperty('ce-connectionstate');
    expect(door.decisions.map(({ outcome, rule }) => [outcome, rule])).toEqual([
      ['allowed', 0],
      ['refused', 1],
    ]);
    expect(door.events()).toEqual([]);
  });

  it('is 204 where nothing is given', async () => {
    expect(await door.send(makeEvent('sys.connect'))).toMatchObject({ status: 204, text: '' });
  });

  it('of MQTT is refused in its words', async () => {
    open({ hubs: { chat: { rules: [{ deny: { status: 401, text: 'no' } }] } } });
    const body = '{"subprotocols":["mqtt"],"mqtt":{"protocolVersion":5}}';
    const { status, text } = await door.send(
      makeEvent('sys.connect', { headers: { ...mqttHeaders, 'ce-sessionId': undefined }, body }),
    );
    expect([status, JSON.parse(text)]).toEqual([401, { mqtt: { code: 135, reason: 'no' } }]);
  });

  it('of a hub that nobody has configured is refused, but in the preview', async () => {
    open({ hubs: { other: {} } });
    const inherited = makeEvent('sys.connect', { headers: { 'ce-hub': 'constructor' } });
    expect(await door.send(inherited, { hub: 'constructor' })).toMatchObject({ status: 404 });
    for (const event of [makeEvent('sys.connect'), say('x'), makePreflight()]) {
      const reply = await door.send(event);
      expect(reply).toMatchObject({
        status: 404,
        text: expect.stringContaining('no events are taken of this hub'),
      });
      isText(reply);
    }
    expect(door.appended).toEqual([]);
  });

  it.each(['__proto__', '..', 'a b', '', 'a/b', '*', 'x'.repeat(200)])(
    'of %j, which is no hub, is refused',
    async (hub) => {
      const event = makeEvent('sys.connect', { headers: { 'ce-hub': hub } });
      expect(await door.send(event, { hub })).toMatchObject({ status: 404 });
    },
  );
});

describe('what connections tell', () => {
  it('becomes an event of the topic hub.<hub>.<event>, with user, connection and state', async () => {
    const event = makeEvent('user.Vote', {
      body: '{"n": 1.0, "big": 12345678901234567890}',
      headers: {
        'Content-Type': 'application/json; charset=utf-8',
        'ce-subprotocol': 'json.webpubsub.azure.v1',
        'ce-connectionState': encodeState({ room: 'attic' }),
      },
    });
    expect(await door.send(event)).toMatchObject({ status: 204, text: '' });
    expect(door.appended).toEqual([
      {
        partitionKey: 'hub/chat/conn-0001',
        events: [
          {
            id: expect.stringMatching(/^evt_[\w-]{24}$/),
            topic: { door: 'hub', name: 'hub.chat.Vote' },
            source: '/hubs/chat/client/conn-0001',
            subject: 'ada',
            actor: { type: 'user', id: 'ada' },
            time: '2021-01-01T00:00:00Z',
            dataJson: '{"n": 1.0, "big": 12345678901234567890}',
            attributes: {
              hub: 'chat',
              connectionid: 'conn-0001',
              userid: 'ada',
              eventname: 'Vote',
              datatype: 'json',
              contenttype: 'application/json; charset=utf-8',
              subprotocol: 'json.webpubsub.azure.v1',
              state: '{"room":"attic"}',
              origin: 'service.example.org',
            },
          },
        ],
      },
    ]);
  });

  it.each([
    ['sys.connected', '{}', 'connected'],
    ['sys.disconnected', '{"reason":"bye"}', 'disconnected'],
    ['gp.joined', '{"group":"lobby"}', 'joined'],
    ['gp.left', '{"group":"lobby"}', 'left'],
  ])('%s too, acknowledged once the stream has it', async (type, dataJson, eventname) => {
    let isTaken = false;
    open({
      append: async () => {
        isTaken = true;
      },
    });
    expect(await door.send(makeEvent(type))).toMatchObject({ status: 200, text: '' });
    expect(isTaken).toBe(true);
    expect(door.events()).toMatchObject([
      {
        topic: { door: 'hub', name: `hub.chat.${type}` },
        dataJson,
        attributes: { eventname, connectionid: 'conn-0001' },
      },
    ]);
  });

  it.each([
    ['{"reason":null}', '{"reason":null}'],
    ['', '{"reason":""}'],
    [
      '{"reason":"x","mqtt":{"initiatedByClient":true,"disconnectPacket":null}}',
      '{"reason":"x","mqtt":{"initiatedByClient":true,"disconnectPacket":null}}',
    ],
  ])('a disconnect of %j tells why', async (body, dataJson) => {
    expect(await door.send(makeEvent('sys.disconnected', { body }))).toMatchObject({ status: 200 });
    expect(door.events()[0]?.dataJson).toBe(dataJson);
  });

  it('as text, JSON or bytes, each of its own shape and told by datatype', async () => {
    await door.send(say('hé "x"\n'));
    await door.send(say('"hé"', 'application/json'));
    await door.send(say('{"data_base64":"AP8="}', 'Application/JSON'));
    await door.send(say(new Uint8Array([0, 255]), 'application/octet-stream'));
    await door.send(say(''));
    expect(door.events().map(({ dataJson, attributes }) => [attributes?.datatype, dataJson])).toEqual([
      ['text', '"hé \\"x\\"\\n"'],
      ['json', '"hé"'],
      ['json', '{"data_base64":"AP8="}'],
      ['binary', '{"data_base64":"AP8="}'],
      ['text', '""'],
    ]);
    expect(new Set(door.events().map(({ id }) => id)).size).toBe(5);
  });

  it('reaches subscribers with what is known beside the data, within the signed body', async () => {
    await door.send(say('{"type":"forged"}', 'application/json', { 'ce-userId': undefined }));
    const body = JSON.parse(Buffer.from(standardBody(door.events()[0]!)).toString());
    expect(body).toMatchObject({
      type: 'hub.chat.message',
      timestamp: '2021-01-01T00:00:00Z',
      connectionid: 'conn-0001',
      data: { type: 'forged' },
    });
    expect(body).not.toHaveProperty('userid');
  });

  it('of a user is about the user; of nobody it has no subject, whatever the connection is called', async () => {
    await door.send(
      makeEvent('sys.connected', { headers: { 'ce-userId': undefined, 'ce-connectionId': 'ada' } }),
    );
    expect(door.events()[0]).not.toHaveProperty('subject');
    expect(door.events()[0]).not.toHaveProperty('actor');
    expect(door.events()[0]).toMatchObject({ source: '/hubs/chat/client/ada' });
  });

  it('of MQTT has its sessions, any content type, and the properties of the message', async () => {
    const sent = say('x', 'image/png', { ...mqttHeaders, 'mqtt-colour': 'red' });
    expect(await door.send(sent)).toMatchObject({ status: 204 });
    expect(door.events()[0]).toMatchObject({
      dataJson: '{"data_base64":"eA=="}',
      attributes: {
        subprotocol: 'mqtt',
        physicalconnectionid: 'physical-1',
        sessionid: 'session-1',
        contenttype: 'image/png',
        userproperties: '[{"name":"colour","value":"red"}]',
      },
    });
  });

  it('has the time of its arrival where its own is none', async () => {
    for (const time of [undefined, '', 'yesterday', '2021-01-01', '9999-12-31T23:59:59-10:00']) {
      await door.send(say('x', 'text/plain', { 'ce-time': time }));
      expect(door.events().at(-1)?.time).toBe('2026-11-28T12:00:00.250Z');
    }
    await door.send(say('x', 'text/plain', { 'ce-time': '2021-01-01T02:00:00+02:00' }));
    expect(door.events().at(-1)?.time).toBe('2021-01-01T00:00:00.000Z');
  });
});

describe('a repeated call', () => {
  const idOf = async (event: ReturnType<typeof makeEvent>) => {
    await door.send(event);
    return door.events().at(-1)?.id;
  };

  it('is the same event, also after a failure that nobody knows the end of', async () => {
    expect(await idOf(say('a'))).toBe(await idOf(say('a')));
    expect(await idOf(makeEvent('sys.connected'))).toBe(await idOf(makeEvent('sys.connected')));
    const before = await idOf(say('a'));
    let isLost = true;
    open({
      append: async () => {
        if (isLost) {
          isLost = false;
          throw new Error('the stream has it, the answer was lost');
        }
      },
    });
    expect(await door.send(say('a'))).toMatchObject({ status: 500 });
    expect(await idOf(say('a'))).toBe(before);
  });

  it.each<[string, Headers]>([
    ['another number', { 'ce-id': '2' }],
    ['another time: the connection id came again', { 'ce-time': '2021-01-02T00:00:00Z' }],
    ['another connection', { 'ce-connectionId': 'conn-0002' }],
    ['another event', { 'ce-eventName': 'other' }],
    ['another service', { 'WebHook-Request-Origin': 'other.example.org' }],
    ['another session of MQTT', { ...mqttHeaders, 'ce-sessionId': 'session-2' }],
    ['another physical connection', { ...mqttHeaders, 'ce-physicalConnectionId': 'physical-2' }],
  ])('with %s is another event', async (_, headers) => {
    const base = 'ce-subprotocol' in headers ? mqttHeaders : {};
    expect(await idOf(say('a', 'text/plain', headers))).not.toBe(await idOf(say('a', 'text/plain', base)));
  });

  it.each([undefined, 'yesterday'])(
    'with the time %j, which tells nothing, is another event at another moment',
    async (time) => {
      const said = say('a', 'text/plain', { 'ce-time': time });
      const first = await idOf(said);
      door.clock.now = new Date('2026-11-28T12:00:01.250Z');
      expect(await idOf(said)).not.toBe(first);
    },
  );

  it('of a sender that counts wrong loses nothing that differs', async () => {
    const ids = [
      await idOf(say('a')),
      await idOf(say('b')),
      await idOf(say('"a"', 'application/json')),
      await idOf(say('a', 'application/octet-stream')),
    ];
    expect(new Set(ids).size).toBe(4);
  });
});

describe('a stream that fails', () => {
  it.each([
    ['throttles', new StreamThrottledError('full'), 503, 'too many events at once'],
    ['breaks', new Error('secret detail'), 500, 'The event could not be handled.'],
  ])('and %s is a failure in the reply, of blocking events and others', async (_, error, status, text) => {
    open({
      append: async () => {
        throw error;
      },
    });
    for (const event of [
      say('x'),
      makeEvent('sys.connected'),
      makeEvent('sys.disconnected'),
      makeEvent('gp.left'),
    ]) {
      const reply = await door.send(event);
      expect(reply).toMatchObject({ status, text });
      isText(reply);
    }
    expect(door.errors).toHaveLength(status === 500 ? 4 : 0);
  });
});

describe('permission to send', () => {
  it('is given to whoever asks in the preview, with the methods', async () => {
    expect(await door.send(makePreflight())).toMatchObject({
      status: 200,
      text: '',
      headers: { 'webhook-allowed-origin': 'service.example.org', allow: 'OPTIONS, POST' },
    });
    expect(await door.send(makePreflight({ 'ce-awpsversion': undefined }))).toMatchObject({ status: 200 });
  });

  it('is given to the allowed origins of the hub, with its rate', async () => {
    open({ hubs: { chat: { allowedOrigins: ['https://Service.example.org/'], allowedRate: 120 } } });
    const granted = await door.send(makePreflight());
    expect(granted.headers).toMatchObject({
      'webhook-allowed-origin': 'service.example.org',
      'webhook-allowed-rate': '120',
    });
    for (const origin of ['evil.example.org', 'service.example.org.evil.org', '*', 'a b', undefined]) {
      const refused = await door.send(makePreflight({ 'WebHook-Request-Origin': origin }));
      expect(refused.status).toBe(400);
      expect(refused.headers).not.toHaveProperty('webhook-allowed-origin');
      isText(refused);
    }
  });

  it('is given to the services that have a key, where signatures are asked for', async () => {
    open({ hubs: { chat: {} }, keys: { accessKeys: [connectionString()] }, requireAuth: true });
    expect((await door.send(makePreflight())).headers['webhook-allowed-origin']).toBe('service.example.org');
    expect(await door.send(makePreflight({ 'WebHook-Request-Origin': 'other.example.org' }))).toMatchObject({
      status: 400,
    });
  });
});

describe('signatures', () => {
  const both = [connectionString(), connectionString(accessKeys.secondary)];
  const strict = (keys: object = { accessKeys: both }, hubs: object = { chat: {} }) =>
    open({ hubs, keys, requireAuth: true });
  const signed = (signature: string | undefined, headers: Headers = {}) =>
    say('x', 'text/plain', { 'ce-signature': signature, ...headers });
  const statusOf = async (signature: string | undefined, headers?: Headers) =>
    (await door.send(signed(signature, headers))).status;

  it('of either key are taken, in any place and case', async () => {
    strict();
    const [primary, secondary] = [accessKeys.primary, accessKeys.secondary].map((key) =>
      signConnection('conn-0001', [key]),
    );
    for (const signature of [
      primary,
      secondary,
      `sha256=${'0'.repeat(64)}, ${secondary}`,
      primary?.toUpperCase().replace('SHA256', 'sha256'),
    ]) {
      expect(await statusOf(signature)).toBe(204);
    }
    expect(door.events()).toHaveLength(4);
  });

  it.each([
    ['none', undefined],
    ['an empty one', ''],
    ['one of another key', signConnection('conn-0001', ['other'])],
    ['one of another connection', signConnection('conn-0002', [accessKeys.primary])],
    ['one of another kind', signConnection('conn-0001', [accessKeys.primary]).replace('sha256', 'sha1')],
    ['half of one', signConnection('conn-0001', [accessKeys.primary]).slice(0, 40)],
  ])('that are %s are refused, and nothing is kept', async (_, signature) => {
    strict();
    const reply = await door.send(signed(signature));
    expect(reply.status).toBe(401);
    isText(reply);
    expect(door.appended).toEqual([]);
  });

  it('may come in several lines', async () => {
    strict();
    const lines = {
      'ce-signature': [`sha256=${'0'.repeat(64)}`, signConnection('conn-0001', [accessKeys.primary]), 'x'],
    };
    expect(await door.send(signed(undefined), { lines })).toMatchObject({ status: 204 });
  });

  it('are of one connection: a call that names two is of neither', async () => {
    strict();
    const lines = { 'ce-connectionId': ['conn-0002', 'conn-0001'] };
    for (const id of ['conn-0001', 'conn-0002']) {
      const reply = await door.send(signed(signConnection(id, [accessKeys.primary])), { lines });
      expect(reply).toMatchObject({ status: 401 });
    }
  });

  it('are asked for of every event, blocking or not', async () => {
    strict();
    for (const type of ['sys.connect', 'sys.connected', 'sys.disconnected', 'gp.joined', 'user.x']) {
      expect(await door.send(makeEvent(type, { headers: { 'ce-signature': 'sha256=00' } }))).toMatchObject({
        status: 401,
      });
    }
  });

  it('count by a key of an origin that the hub allows', async () => {
    const keys = { accessKeys: [...both, 'Endpoint=https://other.example.org;AccessKey=otherkey;'] };
    const other = signConnection('conn-0001', ['otherkey']);
    strict(keys);
    expect(await statusOf(other, { 'WebHook-Request-Origin': 'other.example.org' })).toBe(204);
    strict(keys, { chat: { allowedOrigins: ['service.example.org'] } });
    for (const origin of [
      'other.example.org',
      'service.example.org',
      'service.example.org, other.example.org',
    ]) {
      expect(await statusOf(other, { 'WebHook-Request-Origin': origin })).toBe(401);
    }
    expect(await statusOf(signConnection('conn-0001', [accessKeys.primary]))).toBe(204);
  });

  it('are refused as long as there is no key', async () => {
    strict({});
    expect(await statusOf(signConnection('conn-0001', ['']))).toBe(401);
    strict({ accessKeys: [] }, { chat: { allowedOrigins: ['*'] } });
    expect(await statusOf(signConnection('conn-0001', [accessKeys.primary]))).toBe(401);
  });

  it('by a key that was put there a moment ago are taken, for forged ones the keys are read again at most', async () => {
    strict();
    const next = signConnection('conn-0001', ['next']);
    expect(await statusOf(next)).toBe(401);
    door.secrets.keys.replace(JSON.stringify({ accessKeys: [connectionString('next')] }));
    expect(await statusOf(next)).toBe(204);
    expect(await statusOf(signConnection('conn-0001', [accessKeys.primary]))).toBe(401);
  });

  it('are not asked for in the preview', async () => {
    expect(await statusOf('sha256=00')).toBe(204);
  });

  it('are all refused when an operator has mistyped the keys, which nobody is shown', async () => {
    const keys = { accessKeys: ['Endpoint=https://a.example;AccessKy=verysecret'] };
    strict(keys);
    expect(await door.send(signed(undefined))).toMatchObject({
      status: 500,
      text: 'The event could not be handled.',
    });
    expect(() => prepareKeys(JSON.stringify(keys))).toThrow(
      /^the keys of the hubs have the wrong shape at "accessKeys.0": invalid_format$/,
    );
    expect(() => prepareKeys('{"verysecret": 1}')).toThrow(/^(?!.*verysecret)/);
    expect(() => prepareKeys('verysecret')).toThrow(/^the keys of the hubs must be JSON$/);
  });
});

describe('codes in the URL', () => {
  const code = 'a-code-of-sixteen-characters';

  it('are asked for where the hub has some, of permissions and of events', async () => {
    open({ keys: { codes: { Chat: [code, 'the-next-code-0000'] } } });
    for (const event of [makePreflight(), makeEvent('sys.connect'), say('x')]) {
      expect((await door.send(event, { query: { code } })).status).toBeLessThan(300);
      expect((await door.send(event, { query: { code: 'the-next-code-0000' } })).status).toBeLessThan(300);
      for (const query of [undefined, { code: '' }, { code: `${code}x` }]) {
        const reply = await door.send(event, { query });
        expect(reply).toMatchObject({ status: 401, text: 'the code in the URL is missing or wrong' });
        isText(reply);
      }
    }
    const other = makeEvent('sys.connect', { headers: { 'ce-hub': 'other' } });
    expect(await door.send(other, { hub: 'other' })).toMatchObject({ status: 204 });
  });

  it('are read again before one is refused', async () => {
    open({ keys: { codes: { chat: [code] } } });
    const next = { query: { code: 'the-next-code-0000' } };
    expect(await door.send(makePreflight(), next)).toMatchObject({ status: 401 });
    door.secrets.keys.replace(JSON.stringify({ codes: { chat: [next.query.code] } }));
    expect(await door.send(makePreflight(), next)).toMatchObject({ status: 200 });
    expect(await door.send(makePreflight(), { query: { code } })).toMatchObject({ status: 401 });
  });
});

describe('the comparison of receivers', () => {
  const rows = comparison.filter(
    ({ event, name }) => !name.startsWith('path') && event.path === '/eventhandler',
  );

  it.each(rows.map((row) => [row.name, row] as const))('%s', async (_, { event, ours }) => {
    const isBlocking = /sys\.connect$|\.user\./i.test(event.headers['ce-type'] ?? '');
    // Nothing is given to clients here.
    const expected = ours === 200 && isBlocking ? 204 : ours;
    expect(await door.send(event)).toMatchObject({ status: expected });
  });
});

describe('hostile senders', () => {
  it.each<[string, Headers, number, string]>([
    ['WebHook-Request-Origin', {}, 400, 'origin'],
    ['ce-hub', {}, 400, 'ce-hub'],
    ['ce-connectionId', {}, 400, 'ce-connectionid'],
    ['ce-type', {}, 400, 'ce-type'],
    ['ce-eventName', {}, 400, 'ce-eventname'],
    ['ce-id', {}, 400, 'ce-id'],
    ['Content-Type', {}, 415, 'Content-Type'],
  ])('without %s are refused, and told what is missing', async (name, headers, status, told) => {
    const reply = await door.send(say('x', 'text/plain', { ...headers, [name]: undefined }));
    expect(reply).toMatchObject({ status, text: expect.stringContaining(told) });
    isText(reply);
    expect(door.appended).toEqual([]);
  });

  it.each([
    'ce-specversion',
    'ce-awpsversion',
    'ce-source',
    'ce-time',
    'ce-signature',
    'ce-userId',
    'ce-connectionState',
  ])('may leave out %s', async (name) => {
    expect(await door.send(say('x', 'text/plain', { [name]: undefined }))).toMatchObject({ status: 204 });
  });

  it.each<[string, Headers, number]>([
    ['a hub that is not that of the URL', { 'ce-hub': 'other' }, 404],
    ['a type that there is not', { 'ce-type': 'azure.webpubsub.sys.other' }, 400],
    ['a type of somebody else', { 'ce-type': 'com.example.message' }, 400],
    ['a line feed in the user', { 'ce-userId': 'ada\r\nx-admin: 1' }, 400],
    ['a line feed in the event', { 'ce-eventName': 'a\nb' }, 400],
    ['a user who is too long', { 'ce-userId': 'x'.repeat(1025) }, 400],
    ['a connection that is too long', { 'ce-connectionId': 'x'.repeat(513) }, 400],
    ['an event name that is too long', { 'ce-eventName': 'é'.repeat(50) }, 400],
    ['half a character', { 'ce-userId': 'a\ud800' }, 400],
    ['headers that are too large', { 'ce-connectionState': 'A'.repeat(40_000) }, 431],
    ['a content type of another kind', { 'Content-Type': 'image/png' }, 415],
  ])('with %s are refused', async (_, headers, status) => {
    const reply = await door.send(say('x', 'text/plain', headers));
    expect(reply.status).toBe(status);
    isText(reply);
    expect(door.appended).toEqual([]);
  });

  it('are refused as they connect for what their events would be refused for', async () => {
    for (const headers of [{ 'ce-userId': 'x'.repeat(1025) }, { 'ce-connectionId': 'x'.repeat(513) }]) {
      expect(await door.send(makeEvent('sys.connect', { headers }))).toMatchObject({ status: 400 });
    }
  });

  it.each<[string, string | Uint8Array, string, number]>([
    ['JSON that is none', '{', 'application/json', 400],
    ['text that is no UTF-8', new Uint8Array([0xff]), 'text/plain', 400],
    ['JSON that is nested too deep', `${'['.repeat(201)}${']'.repeat(201)}`, 'application/json', 400],
    [
      'JSON that is nested very deep',
      `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
      'application/json',
      400,
    ],
    ['more bytes than an event may have', new Uint8Array(200_000), 'application/octet-stream', 413],
    ['more bytes than are read', new Uint8Array(600_000), 'application/octet-stream', 413],
    ['text that grows as JSON', '\u0001'.repeat(100_000), 'text/plain', 413],
  ])('with %s are refused', async (_, body, contentType, status) => {
    const reply = await door.send(say(body, contentType));
    expect(reply.status).toBe(status);
    isText(reply);
    expect(door.appended).toEqual([]);
  });

  it.each([
    ['no base64', 'e30'],
    ['no JSON', 'YWJj'],
    ['no object', encodeState([1])],
    ['null', encodeState(null)],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]).toString('base64')],
    ['a bomb', Buffer.from(`${'['.repeat(9000)}`).toString('base64')],
    ['larger than a state can be', encodeState({ a: 'x'.repeat(9000) })],
  ])('whose state is %s are taken without', async (_, state) => {
    expect(await door.send(say('x', 'text/plain', { 'ce-connectionState': state }))).toMatchObject({
      status: 204,
    });
    expect(door.events()[0]?.attributes).not.toHaveProperty('state');
  });

  it('with names of every object in body and state reach nobody but their subscriber', async () => {
    const text = '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}';
    const state = Buffer.from(text).toString('base64');
    await door.send(
      say(text, 'application/json', { 'ce-connectionState': state, 'ce-eventName': '__proto__' }),
    );
    expect(door.events()).toMatchObject([
      { dataJson: text, attributes: { state: text }, topic: { name: 'hub.chat.__proto__' } },
    ]);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
    expect(await door.send(makeEvent('sys.connect', { body: `{"claims":${text}}` }))).toMatchObject({
      status: 400,
    });
  });

  it.each(['GET', 'PUT', 'DELETE', 'HEAD', 'PATCH'])('with %s are told what is allowed', async (method) => {
    const reply = await door.send(makeEvent('sys.connect', { method, body: '' }));
    expect(reply).toMatchObject({ status: 405, headers: { allow: 'OPTIONS, POST' } });
    isText(reply);
  });

  it('are never given a header of another origin policy', async () => {
    const reply = await door.send(makeEvent('sys.connect', { headers: { Origin: 'https://evil.example' } }));
    expect(Object.keys(reply.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('can put nothing on the stream that dispatch cannot read, whatever they send', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    const types = fc.constantFrom('text/plain', 'application/json', 'application/octet-stream');
    const sent = fc.record({
      name: text,
      user: text,
      connection: text,
      id: text,
      time: text,
      state: text,
      body: text,
      type: types,
    });
    await fc.assert(
      fc.asyncProperty(sent, async ({ name, user, connection, id, time, state, body, type }) => {
        open();
        const reply = await door.send(
          say(body, type, {
            'ce-eventName': name,
            'ce-userId': user,
            'ce-connectionId': connection,
            'ce-id': id,
            'ce-time': time,
            'ce-connectionState': state,
          }),
        );
        expect([204, 400]).toContain(reply.status);
        expect(door.events()).toHaveLength(reply.status === 204 ? 1 : 0);
        for (const event of door.events()) {
          expect(eventSchema.safeParse(event)).toMatchObject({ success: true });
          const record = readEventRecord(encodeRecord({ v: 1, kind: 'events', events: [event] }));
          expect(record).toEqual({ ok: true, events: [event] });
          expect(event.topic.name).toMatch(/^hub\.chat\.(?!sys\.|gp\.)[\w.%-]+$/);
        }
      }),
    );
  });
});
