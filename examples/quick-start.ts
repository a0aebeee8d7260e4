/**
 * The whole way of one change, against a stack that runs: `npm run example -- --base-url URL`.
 * A signed profile goes in; its status, the integrated person and a verified webhook come out, each step timed.
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { privateKeyPath } from '../local/keys';
import { findStack, homeDirectory } from '../local/running-stack';
import { mintToken } from '../local/token';
import { ChangeClient, ProfileBuilder, readPublisherKey } from '../sdk/publisher';
import { WebhookReceiver } from './webhook-receiver';

const scopes = [
  ...['write', 'read:fullprofile', 'display:all'],
  ...['subscriptions:read', 'subscriptions:write', 'subscriptions:system'],
];

async function main(): Promise<void> {
  const { baseUrl, token, keyFile } = await findAccess();
  const client = new ChangeClient({ baseUrl, token });
  const ldap = await readPublisherKey('ldap', keyFile);
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const receiver = new WebhookReceiver(secret);
  console.log(`Changewire at ${baseUrl}\n`);
  const target = await receiver.listen();
  const subscription = await step('subscribed to profile.created', () => subscribe(target));
  try {
    await journey();
  } finally {
    await step('unsubscribed', () =>
      call('DELETE', `/v1/subscriptions/${encodeURIComponent(subscription.id)}`),
    );
    receiver.close();
  }

  async function journey(): Promise<void> {
    const userId = `ad|Mozilla-LDAP|quick-start-${randomBytes(6).toString('hex')}`;
    const change = await step('built and signed a profile', async () => buildProfile(userId));
    const { sequenceNumber } = await step('published it', () => client.publish(change));
    const acceptedAt = performance.now();
    // Both start here, so that each shows the time since the change was accepted.
    const arrived = receiver.waitFor(sequenceNumber, 30_000).then((webhook) => ({
      webhook,
      milliseconds: performance.now() - acceptedAt,
    }));
    // Awaited below; until then a failure must not count as unhandled.
    arrived.catch(() => undefined);
    const ended = await step('it was integrated', () => client.waitForStatus(sequenceNumber));
    expectThat(ended.state === 'integrated', `the change was ${ended.state} ${ended.code ?? ''}`);
    const person = await step('read the person', () => client.readPerson('user_id', userId));
    expectThat(person?.first_name?.value === 'Ada', 'the person is not the one that was published');
    const { webhook, milliseconds } = await arrived;
    show('the webhook arrived and verified', milliseconds, 'since it was accepted');
    expectThat(webhook.data.uuid === person?.uuid?.value, 'the webhook names another person');
    console.log(`\n  change   ${sequenceNumber}\n  person   ${webhook.data.uuid} ${userId}`);
    console.log(`  webhook  ${JSON.stringify(webhook)}\n`);
  }

  function buildProfile(userId: string) {
    return ProfileBuilder.empty()
      .set('user_id', userId)
      .set('login_method', 'Mozilla-LDAP')
      .set('active', true)
      .set('primary_email', `${userId.split('|')[2]}@example.org`)
      .set('first_name', 'Ada', { display: 'public' })
      .set('last_name', 'Lovelace', { display: 'public' })
      .set('access_information.ldap', { vpn_default: null })
      .sign(ldap)
      .build();
  }

  async function subscribe(url: string): Promise<{ readonly id: string }> {
    const body = { topic: 'profile.created', target: url, secret, description: 'quick start' };
    return (await call('POST', '/v1/subscriptions', body)) as { id: string };
  }

  async function call(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${baseUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    expectThat(response.ok, `${method} ${path} was answered ${response.status}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }
}

/** A stack of this machine left a note of its keys; for any other they are given. */
async function findAccess(): Promise<{ baseUrl: string; token: string; keyFile: string }> {
  const { values } = parseArgs({
    options: {
      'base-url': { type: 'string', default: process.env.CHANGEWIRE_URL || 'http://127.0.0.1:9000' },
      token: { type: 'string' },
      key: { type: 'string' },
    },
  });
  const baseUrl = values['base-url'].replace(/\/+$/, '');
  const stack = findStack(homeDirectory(process.env), baseUrl);
  if (values.token && values.key) {
    return { baseUrl, token: values.token, keyFile: values.key };
  }
  if (!stack) {
    throw new Error(
      `no stack of this machine runs at ${baseUrl}: start one with "npm start", name it with --base-url, or give --token and --key FILE`,
    );
  }
  const { keysDirectory, issuer, audience } = stack;
  const token = await mintToken({
    keysDirectory,
    issuer,
    audience,
    subject: 'quick-start',
    scopes,
    ttlSeconds: 600,
  });
  return {
    baseUrl,
    token: values.token ?? token,
    keyFile: values.key ?? privateKeyPath(keysDirectory, 'ldap'),
  };
}

async function step<T>(what: string, action: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await action();
  show(what, performance.now() - startedAt);
  return result;
}

function show(what: string, milliseconds: number, since = ''): void {
  console.log(`  ${milliseconds.toFixed(0).padStart(5)} ms  ${what} ${since}`.trimEnd());
}

function expectThat(holds: boolean, otherwise: string): void {
  if (!holds) {
    throw new Error(otherwise);
  }
}

main().catch((error: Error) => {
  console.error(`\nfailed: ${error.message}`);
  process.exitCode = 1;
});
