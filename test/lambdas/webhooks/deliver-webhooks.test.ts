import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { asciiJson } from '../../../core/ascii-json';
import type { Subscription } from '../../../core/topics/subscriptions/subscription';
import { verifyWebhook } from '../../../core/webhooks/requests/signature';
import { makeDynamoEventHistory } from '../../../lambdas/aws/dynamo-event-history';
import { makeDynamoSubscriptionStore } from '../../../lambdas/aws/dynamo-subscription-store';
import {
  handler as deliverWebhooks,
  deliverWebhooks as deliverWith,
} from '../../../lambdas/webhooks/deliver-webhooks';
import { nobodyIsAsked } from '../../support/confirmations';
import { aDeliveryMessage, anEvent, aSubscription } from '../../support/deliveries';
import { type DeliveryStack, startDeliveryStack } from '../../support/delivery-stack';
import { until } from '../../support/until';

let stack: DeliveryStack;
let subscriber: Server;
let target: string;
const received: { path: string; headers: Record<string, string>; body: Buffer }[] = [];

beforeAll(async () => {
  stack = await startDeliveryStack();
  await startSubscriber();
});

afterAll(async () => {
  subscriber.close();
  subscriber.closeAllConnections();
  await stack.stop();
});

let tokens = 0;
const sentAgain: unknown[] = [];

function fail(): never {
  throw new Error('the store is away');
}

/** None of them is to be reached while the store of deliveries is away. */
function deliverPorts() {
  const queue = { send: async (messages: readonly unknown[]) => void sentAgain.push(...messages) };
  const away = { post: fail, read: fail, send: fail };
  const rest = { history: away, target: away, tokens: away, deadLetters: away, events: { append: fail } };
  const subscriptions = { findMany: fail, changeState: fail };
  const health = {
    countFailure: fail,
    clearFailures: fail,
    openCircuit: fail,
    claimProbe: fail,
    recordWarning: fail,
  };
  const limits = { reserveSlot: fail, takePermit: fail, returnPermit: fail, awaitPlace: fail };
  return {
    ...rest,
    ...{ subscriptions, health, limits, pause: fail },
    ...nobodyIsAsked,
    findSubscription: async () => undefined,
    queue,
    now: () => new Date(),
    random: () => 0.5,
  };
}

async function startSubscriber() {
  subscriber = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url ?? '';
      received.push({
        path,
        headers: request.headers as Record<string, string>,
        body: Buffer.concat(chunks),
      });
      if (path === '/token') {
        tokens += 1;
        response.writeHead(200).end(JSON.stringify({ access_token: `t${tokens}`, expires_in: 600 }));
      } else if (path === '/guarded') {
        response.writeHead(request.headers.authorization === 'Bearer t1' ? 401 : 200).end();
      } else if (path !== '/silent') {
        response.writeHead(Number(path.slice(1)) || 200).end('answered');
      }
    });
  });
  await new Promise<void>((resolve) => subscriber.listen(0, '127.0.0.1', resolve));
  target = `http://127.0.0.1:${(subscriber.address() as AddressInfo).port}`;
}

async function subscribe(id: string, path: string, policy = {}, more: Partial<Subscription> = {}) {
  const subscription = aSubscription({
    id,
    target: `${target}${path}`,
    policy: { ...aSubscription().policy, scheduleSeconds: [], timeoutSeconds: 2, ...policy },
    ...more,
  });
  await makeDynamoSubscriptionStore(stack.documents, stack.tables.registry).create(subscription);
  await makeDynamoEventHistory(stack.documents, stack.tables.events).keep('0001', anEvent());
  return aDeliveryMessage({ subscriptionId: id });
}

/** Hands messages to the worker as the event-source mapping does. */
function deliver(...bodies: string[]) {
  const records = bodies.map((body, index) => ({ body, messageId: `m${index}` }) as SQSRecord);
  return deliverWebhooks({ Records: records } as SQSEvent);
}

describe('deliver-webhooks', () => {
  it('posts what the history holds, signed, and records it', async () => {
    const message = await subscribe('sub_ok', '/ok');
    expect(await deliver(asciiJson(message))).toEqual({ batchItemFailures: [] });
    const { headers, body } = received.find(({ path }) => path === '/ok')!;
    const secrets = aSubscription().secrets.map(({ secret }) => secret);
    expect(verifyWebhook({ headers, body, secrets, nowSeconds: Date.now() / 1000 })).toMatchObject({
      verified: true,
    });
    expect(JSON.parse(body.toString())).toMatchObject({ type: 'profile.created', data: { a: 1 } });
    expect(await stack.deliveries.read(message)).toMatchObject({ state: 'delivered', attempt: 1 });
  });

  it('posts in the format of CIS with a token of the subscriber’s issuer, renewed when it is not taken', async () => {
    const credentials = {
      type: 'oauth2_client_credentials',
      tokenUrl: `${target}/token`,
      clientId: 'changewire',
      clientSecret: 's3cret',
    } as const;
    const first = await subscribe('sub_cis', '/guarded', {}, { format: 'cis', credentials });
    expect(await deliver(asciiJson(first))).toEqual({ batchItemFailures: [] });
    const posts = () => received.filter(({ path }) => path === '/guarded');
    expect(posts().map(({ headers }) => headers.authorization)).toEqual(['Bearer t1', 'Bearer t2']);
    expect(JSON.parse(posts()[1]!.body.toString())).toEqual({
      operation: 'create',
      id: anEvent().subject ?? null,
      time: Date.parse(anEvent().time) / 1000,
    });
    const row = await stack.deliveries.read(first);
    expect(row).toMatchObject({ state: 'delivered', attempt: 1, attempts: [{ status: 200 }] });
    expect(JSON.stringify(row)).not.toMatch(/s3cret|t2/);

    const second = await subscribe('sub_cis_2', '/guarded', {}, { format: 'cis', credentials });
    await deliver(asciiJson(second));
    expect(posts().at(-1)?.headers.authorization).toBe('Bearer t2');
    expect(tokens).toBe(2);
  });

  it('does not let a silent subscriber hold up the others of its batch', async () => {
    const silent = await subscribe('sub_silent', '/silent', { timeoutSeconds: 3 });
    const quick = await subscribe('sub_quick', '/quick');
    const batch = deliver(asciiJson(silent), asciiJson(quick));
    await until(async () => (await stack.deliveries.read(quick)) !== undefined);
    expect(await stack.deliveries.read(quick)).toMatchObject({ state: 'delivered' });
    expect(await stack.deliveries.read(silent)).toBeUndefined();
    expect(await batch).toEqual({ batchItemFailures: [] });
    expect(await stack.deliveries.read(silent)).toMatchObject({
      state: 'dead',
      attempts: [expect.objectContaining({ failure: 'timeout' })],
    });
    await stack.drain(stack.deadLetterUrl);
  });

  it('queues a retry with its delay, buries what has none, and switches off after 410', async () => {
    const retried = await subscribe('sub_500', '/500', { scheduleSeconds: [1] });
    const dead = await subscribe('sub_503', '/503');
    const gone = await subscribe('sub_410', '/410');
    await deliver(...[retried, dead, gone].map(asciiJson));
    expect(await stack.deliveries.read(retried)).toMatchObject({ state: 'pending', attempt: 1 });
    const pointers = await stack.drain(stack.deadLetterUrl);
    expect(pointers.map((pointer) => (pointer as { reason: string }).reason).sort()).toEqual([
      'attempts_used_up',
      'gone',
    ]);
    const registry = makeDynamoSubscriptionStore(stack.documents, stack.tables.registry);
    expect(await registry.find('sub_410')).toMatchObject({ state: 'disabled', stateReason: 'gone' });
    await new Promise((resolve) => setTimeout(resolve, 1300));
    expect(await stack.drain(stack.queueUrl)).toEqual([
      expect.objectContaining({ subscriptionId: 'sub_500', attempt: 2 }),
    ]);
  });

  it('sends a message again when a store fails, so that the queue does not take it for one that crashes', async () => {
    const message = await subscribe('sub_outage', '/outage');
    const outage = { ...deliverPorts(), deliveries: { read: async () => fail(), write: async () => fail() } };
    const postponed: unknown[] = [];
    const report = {
      handled: () => fail(),
      asked: () => fail(),
      postponed: (error: unknown) => postponed.push(error),
    };
    const before = received.length;
    await deliverWith(outage, report)(JSON.parse(asciiJson(message)), {} as SQSRecord);
    expect(postponed).toEqual([new Error('the store is away')]);
    expect(received).toHaveLength(before);
    expect(sentAgain).toEqual([{ message: { ...message, failures: 1 }, delaySeconds: 5 }]);
    const last = { ...JSON.parse(asciiJson(message)), failures: 300 };
    await expect(deliverWith(outage, report)(last, {} as SQSRecord)).rejects.toThrow('the store is away');
  });

  it.each(['not JSON', '{}', '[]', 'null', '{"v":2}', JSON.stringify({ ...aDeliveryMessage(), attempt: 0 })])(
    'leaves %s to the queue, which moves it to the dead letters',
    async (body) => {
      expect(await deliver(body)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] });
    },
  );
});
