import { randomBytes } from 'node:crypto';
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { privateKeyPath } from '../local/keys';
import { findStack } from '../local/running-stack';
import { mintToken } from '../local/token';
import { ChangeClient, ProfileBuilder, readPublisherKey } from '../sdk/publisher';
import { createTables, dynamodbClient, startEmulators } from '../test/support/emulators';
import { startLocalStack } from '../test/support/local-stack';
import { type Arrivals, listenForArrivals } from './arrivals';
import type { Bench, Figure } from './figure';
import { percentile } from './rounds';

/**
 * Shorter than what is to be measured, long enough to leave the processors to the stack: of all clients together, so
 * that each asks the less often the more there are.
 */
const POLL_MILLISECONDS = 5;
const BUDGET_MILLISECONDS = 1000;

const scopes = ['write', 'subscriptions:read', 'subscriptions:write', 'subscriptions:system'];

export const pipeline: Bench = {
  name: 'pipeline',
  measures:
    'a change on a stack that runs, from its acceptance until it is integrated and until its webhook came: one client, then 32 at once',
  floor: 'a put and a get of the DynamoDB emulator',
  async run({ isQuick }) {
    const floor = await emulatorMilliseconds(isQuick ? 20 : 500);
    const stack = await startLocalStack();
    try {
      const world = await openWorld(stack);
      await publish(4, 2, world);
      const one = await publish(isQuick ? 4 : 100, 1, world);
      const many = await publish(isQuick ? 8 : 320, 32, world);
      await world.close();
      return [...figuresOf('1', one, floor), ...figuresOf('32', many, floor)];
    } finally {
      await stack.stop();
    }
  },
};

/** Milliseconds from acceptance, change by change. */
interface Spans {
  readonly integrated: readonly number[];
  readonly webhook: readonly number[];
}

function figuresOf(clients: string, spans: Spans, floor: number): readonly Figure[] {
  return Object.entries(spans).flatMap(([span, milliseconds]: [string, readonly number[]]) => {
    const [median, p95] = [0.5, 0.95].map((share) => Number(percentile(milliseconds, share).toFixed(1)));
    const [low, high] = [0.25, 0.75].map((share) => percentile(milliseconds, share));
    const spread = Number((((high ?? 0) - (low ?? 0)) / (median || 1)).toFixed(3));
    const name = `pipeline/${span}/${clients}`;
    const common = { unit: 'ms after acceptance', spread };
    return [
      {
        name,
        ratio: Number(((median ?? 0) / floor).toFixed(1)),
        budget: null,
        value: median ?? 0,
        ...common,
      },
      { name: `${name}/p95`, ratio: null, budget: BUDGET_MILLISECONDS, value: p95 ?? 0, ...common },
    ];
  });
}

async function emulatorMilliseconds(count: number): Promise<number> {
  const emulators = await startEmulators();
  const client = dynamodbClient(emulators.dynamodbUrl);
  await createTables(emulators.dynamodbUrl);
  const taken: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const Key = { sequence_number: { S: String(index) }, shard_id: { S: 'a' } };
    const startedAt = performance.now();
    await client.send(new PutItemCommand({ TableName: 'change-statuses', Item: Key }));
    await client.send(new GetItemCommand({ TableName: 'change-statuses', Key, ConsistentRead: true }));
    taken.push(performance.now() - startedAt);
  }
  client.destroy();
  await emulators.stop();
  return percentile(taken, 0.5);
}

interface World {
  readonly client: ChangeClient;
  readonly ldap: Awaited<ReturnType<typeof readPublisherKey>>;
  readonly arrivals: Arrivals;
  /** Asks how a change ended, so many milliseconds apart. */
  readonly ended: (sequenceNumber: string, pauseMilliseconds: number) => Promise<void>;
  close(): Promise<void>;
}

async function openWorld({
  baseUrl,
  home,
  keysDirectory,
}: Awaited<ReturnType<typeof startLocalStack>>): Promise<World> {
  const stack = findStack(home, baseUrl);
  if (!stack) {
    throw new Error('the stack has left no note');
  }
  const token = await mintToken({ ...stack, subject: 'bench', scopes, ttlSeconds: 3600 });
  const arrivals = await listenForArrivals();
  const call = async (path: string, body?: object) => {
    const response = await fetch(`${baseUrl}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) {
      throw new Error(`${path} was answered ${response.status}: ${await response.text()}`);
    }
    return response.json() as Promise<{ readonly state?: string }>;
  };
  await call('/v1/subscriptions', { topic: 'profile.created', target: arrivals.url, description: 'bench' });
  return {
    client: new ChangeClient({ baseUrl, token }),
    ldap: await readPublisherKey('ldap', privateKeyPath(keysDirectory, 'ldap')),
    arrivals,
    ended: async (sequenceNumber, pauseMilliseconds) => {
      for (;;) {
        const { state } = await call(`/change/status?sequenceNumber=${sequenceNumber}`);
        if (state === 'integrated') {
          return;
        }
        if (state !== undefined) {
          throw new Error(`a change ended as ${state}`);
        }
        await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds));
      }
    },
    close: arrivals.close,
  };
}

/** Each client publishes its next change when the one before has arrived everywhere. */
async function publish(count: number, clients: number, world: World): Promise<Spans> {
  const spans = { integrated: [] as number[], webhook: [] as number[] };
  // Signed beforehand: that is the publishers' time.
  const changes = Array.from({ length: count }, () => buildProfile(world.ldap)).values();
  const lane = async () => {
    for (const change of changes) {
      const { sequenceNumber } = await world.client.publish(change);
      const acceptedAt = performance.now();
      const arrived = world.arrivals.of(sequenceNumber);
      await world.ended(sequenceNumber, POLL_MILLISECONDS * clients);
      spans.integrated.push(performance.now() - acceptedAt);
      spans.webhook.push((await arrived) - acceptedAt);
    }
  };
  await Promise.all(Array.from({ length: clients }, lane));
  return spans;
}

function buildProfile(ldap: World['ldap']) {
  const userId = `ad|Mozilla-LDAP|bench-${randomBytes(6).toString('hex')}`;
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
