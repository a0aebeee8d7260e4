import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { DynamoDBClient, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { findStack } from '../../local/running-stack';
import { mintToken } from '../../local/token';
import { everyScope, startsOwnStack } from '../support/e2e-target';
import { type Answer, type Call, call } from '../support/http-call';
import { type RunningLocalStack, startLocalStack } from '../support/local-stack';
import { makeEvent, type SentEvent, signConnection } from '../support/web-pubsub-events';
import { freshName, until } from './journeys/journey';

const suite = startsOwnStack ? describe : describe.skip;

/** Secrets, by what they are: each as long as a real one, and found nowhere else in the world. */
const secrets = new Map<string, string>();

function secret(name: string, text = `hush-${randomBytes(18).toString('hex')}`): string {
  secrets.set(name, text);
  return text;
}

/** The key of `whsec_`: also where it stands without its prefix. */
function signingSecret(name: string): string {
  return `whsec_${secret(name, randomBytes(32).toString('base64'))}`;
}

const basicPassword = secret('basic password');
secret('basic header', Buffer.from(`user:${basicPassword}`).toString('base64'));
const credentialKinds = (origin: string) => ({
  basic: { type: 'basic', username: 'user', password: basicPassword },
  bearer: { type: 'bearer', token: secret('bearer token') },
  key_header: { type: 'key_header', name: 'X-Api-Key', value: secret('key header') },
  oauth2: {
    type: 'oauth2_client_credentials',
    token_url: `${origin}/token?tenant=${secret('query of the token URL')}`,
    client_id: 'changewire',
    client_secret: secret('client secret'),
  },
});

/** The bodies of the webhooks that arrived. */
const bodies: string[] = [];

/** What a careless receiver does: it quotes all it was sent, and fails as its path says. */
function startEcho(): Promise<{ server: Server; origin: string }> {
  const issued = secret('issued token');
  const server = createServer(async (request: IncomingMessage, response) => {
    let body = '';
    for await (const chunk of request) {
      body += chunk;
    }
    if (request.url?.startsWith('/token')) {
      response.end(JSON.stringify({ access_token: issued, expires_in: 600, you_sent: body }));
      return;
    }
    if (request.url?.startsWith('/refusing-token')) {
      response.writeHead(400).end(`bad: ${body}`);
      return;
    }
    bodies.push(body);
    const status = Number(/^\/(\d{3})/.exec(request.url ?? '')?.[1] ?? 200);
    // Without the body: that is the event, which its owner may read.
    response.writeHead(status).end(`${request.method} ${request.url}\n${request.rawHeaders.join('\n')}`);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve({ server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }),
    );
  });
}

const hubCode = secret('code of a hub');
const hubKey = secret('access key of a service');
const hubSettings = () => ({
  requireAuth: { hub: true },
  hubs: { '*': {}, chat: { rules: [{ when: { claims: { role: { present: true } } }, allow: {} }] } },
  hubKeys: {
    accessKeys: [`Endpoint=https://service.example.org;AccessKey=${hubKey};Version=1.0;`],
    codes: { chat: [hubCode] },
  },
});

suite('a stack that was trusted with secrets', () => {
  let stack: RunningLocalStack;
  let echo: Awaited<ReturnType<typeof startEcho>>;
  let token: string;
  /** Every answer of the API, but for the one that shows a secret this once. */
  const answers: { readonly what: string; readonly text: string }[] = [];
  const topic = freshName();
  const made: string[] = [];

  beforeAll(async () => {
    echo = await startEcho();
    stack = await startLocalStack({ settings: { seedProfiles: 0, ...hubSettings() } });
    const { keysDirectory, issuer, audience } = findStack(stack.home, stack.baseUrl)!;
    const request = { issuer, audience, subject: 'e2e', scopes: everyScope, ttlSeconds: 600 };
    token = await mintToken({ keysDirectory, ...request });
    secret('token of the API', token);
  }, 120_000);

  afterAll(async () => {
    echo?.server.close();
    echo?.server.closeAllConnections();
    await stack?.stop();
  });

  async function send(what: string, options: Call = {}, showsOnce: readonly string[] = []): Promise<Answer> {
    const answer = await call(stack.baseUrl, what, { token, ...options });
    const shown = answer.json ?? {};
    const text = showsOnce.reduce((rest, name) => {
      const value = String(shown[name] ?? '');
      secret(`${name} of ${what}`, value.replace(/^whs(ec|k)_/, ''));
      return value === '' ? rest : rest.replaceAll(value, '');
    }, answer.text);
    answers.push({
      what: `${options.method ?? ''} ${what}`,
      text: `${text}${JSON.stringify(answer.headers)}`,
    });
    return answer;
  }

  async function subscribe(target: string, differences: object = {}): Promise<string> {
    const body = {
      topic,
      target: `${echo.origin}${target}?key=${secret(`query of ${target}`)}`,
      policy: { schedule_seconds: [1], jitter: 0, timeout_seconds: 5 },
      ...differences,
    };
    const answer = await send('/v1/subscriptions', { body }, ['secret']);
    expect([target, answer.status]).toEqual([target, 201]);
    made.push(answer.json.id);
    return answer.json.id;
  }

  it('takes them', async () => {
    await send('/v1/topics', { body: { name: topic } });
    const kinds = Object.entries(credentialKinds(echo.origin));
    for (const [kind, credentials] of kinds) {
      for (const status of [200, 500, 410]) {
        await subscribe(`/${status}/${kind}`, {
          credentials,
          headers: { 'x-own': secret(`own header of ${kind} ${status}`) },
          secret: signingSecret(`signing secret of ${kind} ${status}`),
        });
      }
    }
    await subscribe('/200/v1a', { signature: 'v1a' });
    const { oauth2 } = credentialKinds(echo.origin);
    await subscribe('/200/untrusted', {
      credentials: { ...oauth2, token_url: `${echo.origin}/refusing-token` },
    });
    for (const name of ['subscription.*', 'delivery.*']) {
      await subscribe(`/200/${name}`, { topic: name });
    }
    const account = await send('/v1/accounts', { body: { name: 'a team' } });
    await send(`/v1/accounts/${account.json.id}/keys`, { body: { scopes: ['topics:read'] } }, ['key']);
    await send(`/v1/accounts/${account.json.id}/keys`);
  });

  it('uses them: successes, failures, dead letters, switching off, rotation, a change', async () => {
    const data = { note: secret('data of an event') };
    const published = await send('/v1/events', { body: { topic, data } });
    expect(published.status).toBe(202);
    await send(`/v1/subscriptions/${made[0]}/rotate-secret`, { body: {} }, ['secret']);
    await send(`/v1/subscriptions/${made[0]}`, {
      method: 'PATCH',
      body: { headers: { 'x-own': secret('changed header') } },
    });
    await send(`/v1/subscriptions/${made[0]}/test`, { method: 'POST' });
    const eventId = published.json.events[0].id;
    const deliveries = await until(
      async () => (await send(`/v1/deliveries?event_id=${eventId}&limit=100`)).json.deliveries,
      (found: { state: string; attempts: { answer?: string }[] }[]) =>
        found.length >= 14 && found.every(({ state }) => state !== 'pending'),
      60_000,
    );
    const states = new Set(deliveries.map(({ state }) => state));
    expect(states).toEqual(new Set(['delivered', 'dead']));
    const answered = deliveries.flatMap(({ attempts }) => attempts);
    // The receiver did quote its headers, or the rest of this test would prove nothing.
    expect(JSON.stringify(answered)).toMatch(/x-own/i);
    await send('/v1/deliveries?state=dead&limit=100');
    await send('/v1/deliveries/resend', { body: { event_id: eventId, dry_run: true } });
    for (const id of made) {
      await send(`/v1/subscriptions/${id}`);
    }
    await send('/v1/subscriptions?limit=100');
  });

  it('refuses what is wrong without quoting it', async () => {
    const wrong = (body: object) =>
      send('/v1/subscriptions', { body: { topic, target: echo.origin, ...body } });
    const refusals = await Promise.all([
      wrong({ target: `http://user:${secret('password in a target')}@127.0.0.1/` }),
      wrong({ secret: `whsec_${secret('malformed signing secret')}` }),
      wrong({ credentials: { type: 'bearer', token: `${secret('malformed token')} ` } }),
      wrong({ credentials: { type: 'basic', username: 'a:b', password: secret('refused password') } }),
      wrong({ credentials: { type: 'key_header', name: 'host', value: secret('refused key') } }),
      wrong({ headers: { 'x-own': `${secret('malformed header')}\n` } }),
      wrong({ credentials: { [secret('misplaced secret')]: 1, type: secret('misplaced type') } }),
      send('/v1/subscriptions', { token: secret('token that is none'), body: {} }),
      send('/v1/subscriptions', { token: `a.${secret('forged token')}.c` }),
      send('/v1/subscriptions', { body: `{"secret": "${secret('secret in broken JSON')}` }),
    ]);
    expect(refusals.map(({ status }) => status)).toEqual([422, 400, 400, 400, 400, 400, 400, 401, 401, 400]);
  });

  it('takes events of a hub, and refuses some', async () => {
    const signature = {
      'ce-signature': secret('signature of a connection', signConnection('conn-0001', [hubKey])),
    };
    const user = { 'ce-userId': secret('user of a connection') };
    const claims = { role: [secret('claim of a client')], sub: [secret('user in a claim')] };
    const query = { token: [secret('query of a client')] };
    const connect = (said: object, headers: object, code = hubCode) =>
      tell(makeEvent('sys.connect', { body: JSON.stringify(said), headers: { ...headers, ...user } }), code);
    const tell = ({ headers, body }: SentEvent, code = hubCode) =>
      send(`/hubs/chat/events?code=${code}`, { method: 'POST', headers, body });
    const statuses = [
      await connect({ claims, query }, signature),
      await connect({ query }, signature),
      await connect({ claims, query: { token: secret('malformed query') } }, signature),
      await connect({ claims }, { 'ce-signature': `sha256=${secret('forged signature')}` }),
      await connect({ claims }, signature, secret('code that is wrong')),
      await tell(makeEvent('user.message', { body: secret('message of a client'), headers: signature })),
      await tell(
        makeEvent('user.message', {
          body: `{"a": ${secret('broken message')}`,
          headers: { ...signature, 'Content-Type': 'application/json' },
        }),
      ),
      await tell(
        makeEvent('user.message', {
          headers: { ...signature, 'ce-userId': secret('user that is too long', 'u'.repeat(1025)) },
        }),
      ),
    ].map(({ status }) => status);
    expect(statuses).toEqual([204, 403, 400, 401, 401, 204, 400, 400]);
  });

  /** What is echoed by its name on purpose: an unknown member is named, so that it can be found and removed. */
  const namedOnPurpose = new Set(['misplaced secret']);
  const shownToOwner = (name: string) => name.startsWith('query of ') || name === 'data of an event';

  function leaksIn(text: string, isLeak: (name: string) => boolean = () => true): string[] {
    return [...secrets].filter(([name, value]) => isLeak(name) && text.includes(value)).map(([name]) => name);
  }

  it('tells none of them in an event of its own', async () => {
    const told = () => bodies.filter((body) => /"type":"(subscription|delivery)\./.test(body)).join('\n');
    await until(
      async () => told(),
      (text) => text.includes('subscription.disabled') && text.includes('delivery.dead'),
    );
    expect(leaksIn(told())).toEqual([]);
  });

  it('shows none of them in an answer', () => {
    const isLeak = (name: string) => !shownToOwner(name) && !namedOnPurpose.has(name);
    const leaks = answers.flatMap(({ what, text }) =>
      leaksIn(text, isLeak).map((name) => `${name} in ${what}`),
    );
    expect(leaks).toEqual([]);
    expect(secrets.size).toBeGreaterThan(40);
  });

  it('writes none of them to a log or a metric, targets and data included', () => {
    const files = readdirSync(stack.logDirectory).filter((name) => name.endsWith('.log'));
    expect(files.join()).toContain('deliver-webhooks');
    const logs = files.map((name) => ({
      name,
      text: readFileSync(path.join(stack.logDirectory, name), 'utf8'),
    }));
    expect(logs.map(({ text }) => text).join()).toContain('delivery handled');
    const leaks = logs.flatMap(({ name, text }) => leaksIn(text).map((leak) => `${leak} in ${name}`));
    expect(leaks).toEqual([]);
  });

  it('keeps none of them beside the registry: not with deliveries, their attempts, or events', async () => {
    const { endpoints } = findStack(stack.home, stack.baseUrl)!;
    const client = new DynamoDBClient({
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      endpoint: endpoints!.dynamodb,
    });
    const { TableNames = [] } = await client.send(new ListTablesCommand({}));
    const scanned = TableNames.filter((name) => !/registry/i.test(name));
    expect(scanned.length).toBeGreaterThanOrEqual(4);
    const leaks: string[] = [];
    let rows = 0;
    for (const TableName of scanned) {
      const { Items = [] } = await client.send(new ScanCommand({ TableName }));
      rows += Items.length;
      const text = JSON.stringify(Items);
      const isLeak = (name: string) => name !== 'data of an event';
      leaks.push(...leaksIn(text, isLeak).map((name) => `${name} in ${TableName}`));
      // Binary values, as profiles and packed events have them, are not readable as text: what they hold is data.
    }
    client.destroy();
    expect(rows).toBeGreaterThan(20);
    expect(leaks).toEqual([]);
  });
});
