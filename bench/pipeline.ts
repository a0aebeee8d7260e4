/**
 * How long a change takes on a stack that runs: `npm run bench:pipeline -- --base-url URL [--changes 200]`.
 * One client publishes changes one after another, each when the one before it has arrived everywhere. Two spans
 * are measured from the moment the API accepted a change: until its status says that it ended, and until its
 * webhook reached a subscriber. Prints one JSON object: milliseconds, median and 95th percentile.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { privateKeyPath } from '../local/keys';
import { findStack, homeDirectory } from '../local/running-stack';
import { mintToken } from '../local/token';
import { ChangeClient, ProfileBuilder, readPublisherKey } from '../sdk/publisher';

/** Shorter than what is to be measured, long enough to leave the processors to the stack. */
const POLL_MILLISECONDS = 5;

const scopes = ['write', 'subscriptions:read', 'subscriptions:write', 'subscriptions:system'];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      'base-url': { type: 'string', default: 'http://127.0.0.1:9000' },
      changes: { type: 'string', default: '200' },
    },
  });
  const baseUrl = values['base-url'].replace(/\/+$/, '');
  const stack = findStack(homeDirectory(process.env), baseUrl);
  if (!stack) {
    throw new Error(`no stack of this machine runs at ${baseUrl}: start one with "npm start"`);
  }
  const token = await mintToken({ ...stack, subject: 'bench', scopes, ttlSeconds: 3600 });
  const ldap = await readPublisherKey('ldap', privateKeyPath(stack.keysDirectory, 'ldap'));
  const client = new ChangeClient({ baseUrl, token });
  const arrivals = new Arrivals();
  const subscription = await subscribe(baseUrl, token, await arrivals.listen());
  const toEnd: number[] = [];
  const toWebhook: number[] = [];
  try {
    for (let index = 0; index < Number(values.changes); index += 1) {
      const change = buildProfile(`ad|Mozilla-LDAP|bench-${randomBytes(6).toString('hex')}`, ldap);
      const { sequenceNumber } = await client.publish(change);
      const acceptedAt = performance.now();
      const arrived = arrivals.of(sequenceNumber);
      await ended(baseUrl, sequenceNumber);
      toEnd.push(performance.now() - acceptedAt);
      toWebhook.push((await arrived) - acceptedAt);
    }
  } finally {
    await call(baseUrl, token, 'DELETE', `/v1/subscriptions/${subscription.id}`);
    arrivals.close();
  }
  console.log(
    JSON.stringify({
      changes: toEnd.length,
      accepted_to_ended: summary(toEnd),
      accepted_to_webhook: summary(toWebhook),
    }),
  );
}

function buildProfile(userId: string, ldap: Awaited<ReturnType<typeof readPublisherKey>>) {
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

/** Answers every webhook at once and remembers when each change's came, by this process's clock. */
class Arrivals {
  private readonly arrivedAt = new Map<string, number>();
  private readonly waiting = new Map<string, (at: number) => void>();
  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const at = performance.now();
      response.writeHead(204).end();
      const { data } = JSON.parse(Buffer.concat(chunks).toString()) as { data: { sequence_number: string } };
      this.arrivedAt.set(data.sequence_number, at);
      this.waiting.get(data.sequence_number)?.(at);
    });
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  of(sequenceNumber: string): Promise<number> {
    const known = this.arrivedAt.get(sequenceNumber);
    return known !== undefined
      ? Promise.resolve(known)
      : new Promise((resolve) => this.waiting.set(sequenceNumber, resolve));
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

async function ended(baseUrl: string, sequenceNumber: string): Promise<void> {
  for (;;) {
    const response = await fetch(`${baseUrl}/change/status?sequenceNumber=${sequenceNumber}`);
    const status = (await response.json()) as { state?: string };
    if (status.state !== undefined) {
      if (status.state !== 'integrated') {
        throw new Error(`change ${sequenceNumber} ended as ${status.state}`);
      }
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
}

async function subscribe(baseUrl: string, token: string, target: string): Promise<{ id: string }> {
  const body = { topic: 'profile.created', target, description: 'bench' };
  return (await call(baseUrl, token, 'POST', '/v1/subscriptions', body)) as { id: string };
}

async function call(baseUrl: string, token: string, method: string, path: string, body?: unknown) {
  const response = await fetch(`${baseUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`${method} ${path} was answered ${response.status}: ${text}`);
  }
  return text === '' ? undefined : JSON.parse(text);
}

function summary(milliseconds: readonly number[]) {
  const sorted = [...milliseconds].sort((one, other) => one - other);
  const at = (share: number) => Number((sorted[Math.ceil(share * sorted.length) - 1] ?? 0).toFixed(1));
  return { median_ms: at(0.5), p95_ms: at(0.95) };
}

main().catch((error: Error) => {
  console.error(`failed: ${error.message}`);
  process.exitCode = 1;
});
