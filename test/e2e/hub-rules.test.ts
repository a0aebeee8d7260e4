import { startsOwnStack } from '../support/e2e-target';
import { call } from '../support/http-call';
import { startLocalStack } from '../support/local-stack';
import {
  accessKeys,
  connectionString,
  makeEvent,
  makePreflight,
  type SentEvent,
  signConnection,
} from '../support/web-pubsub-events';

const suite = startsOwnStack ? describe : describe.skip;

/** As a deployed stage is: hubs are named, keys are there, signatures are asked for. */
const settings = {
  seedProfiles: 0,
  requireAuth: { hub: true },
  hubs: {
    '*': {},
    chat: {
      rules: [
        { when: { claims: { role: { equals: 'banned' } } }, deny: { status: 403 as const, text: 'go away' } },
        {
          when: { claims: { role: { oneOf: ['writer'] } } },
          allow: { groups: ['lobby'], roles: ['webpubsub.sendToGroup.lobby'], userId: { claim: 'sub' } },
        },
      ],
    },
    coded: { anonymous: true },
  },
  hubKeys: {
    accessKeys: [connectionString(), connectionString(accessKeys.secondary)],
    codes: { coded: ['a-code-of-sixteen-characters'] },
  },
};

suite('a stack that asks hubs for signatures', () => {
  let stack: Awaited<ReturnType<typeof startLocalStack>>;
  beforeAll(async () => {
    stack = await startLocalStack({ settings });
  }, 120_000);
  afterAll(async () => void (await stack?.stop()));

  const tell = ({ method, headers, body }: SentEvent, to = '/hubs/chat/events') =>
    call(stack.baseUrl, to, { method, headers, body });
  const connect = (body: object, headers = {}) =>
    makeEvent('sys.connect', { body: JSON.stringify(body), headers });

  it('decides who connects by the rules of the hub', async () => {
    const allowed = await tell(connect({ claims: { role: ['writer'], sub: ['lin'] } }));
    expect(allowed).toMatchObject({
      status: 200,
      json: { groups: ['lobby'], roles: ['webpubsub.sendToGroup.lobby'], userId: 'lin' },
    });
    expect(await tell(connect({ claims: { role: ['writer', 'banned'] } }))).toMatchObject({
      status: 403,
      text: 'go away',
    });
    expect(await tell(connect({ claims: {} }))).toMatchObject({ status: 403 });
    expect(await tell(connect({ claims: {} }, { 'ce-userId': undefined }))).toMatchObject({ status: 401 });
  });

  it('takes no event without a signature by a key of the origin', async () => {
    for (const signature of [undefined, 'sha256=00', signConnection('other', [accessKeys.primary])]) {
      for (const type of ['sys.connect', 'sys.connected', 'user.message', 'sys.disconnected']) {
        expect(await tell(makeEvent(type, { headers: { 'ce-signature': signature } }))).toMatchObject({
          status: 401,
        });
      }
    }
    const secondary = signConnection('conn-0001', [accessKeys.secondary]);
    expect(await tell(makeEvent('user.message', { headers: { 'ce-signature': secondary } }))).toMatchObject({
      status: 204,
    });
  });

  it('grants to the services that have a key', async () => {
    expect(await tell(makePreflight())).toMatchObject({
      status: 200,
      headers: { 'webhook-allowed-origin': 'service.example.org' },
    });
    const refused = await tell(makePreflight({ 'WebHook-Request-Origin': 'evil.example.org' }));
    expect(refused.status).toBe(400);
    expect(refused.headers).not.toHaveProperty('webhook-allowed-origin');
  });

  it('asks for the code of a hub that has one', async () => {
    const event = makeEvent('sys.connect', { headers: { 'ce-hub': 'coded' } });
    expect(await tell(event, '/hubs/coded/events')).toMatchObject({ status: 401 });
    expect(await tell(event, '/hubs/coded/events?code=a-code-of-sixteen-characters')).toMatchObject({
      status: 204,
    });
  });
});
