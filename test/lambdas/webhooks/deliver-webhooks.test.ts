import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { asciiJson } from '../../../core/ascii-json';
import { verifyWebhook } from '../../../core/webhooks/signature';
import { makeDynamoEventHistory } from '../../../lambdas/aws/dynamo-event-history';
import { makeDynamoSubscriptionStore } from '../../../lambdas/aws/dynamo-subscription-store';
import { handler as deliverWebhooks } from '../../../lambdas/webhooks/deliver-webhooks';
import { aDeliveryMessage, anEvent, aSubscription } from '../../support/deliveries';
import { type DeliveryStack, startDeliveryStack } from '../../support/delivery-stack';

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
      if (path !== '/silent') {
        response.writeHead(Number(path.slice(1)) || 200).end('answered');
      }
    });
  });
  await new Promise<void>((resolve) => subscriber.listen(0, '127.0.0.1', resolve));
  target = `http://127.0.0.1:${(subscriber.address() as AddressInfo).port}`;
}

async function subscribe(id: string, path: string, policy = {}) {
  const subscription = aSubscription({
    id,
    target: `${target}${path}`,
    policy: { ...aSubscription().policy, scheduleSeconds: [], timeoutSeconds: 2, ...policy },
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

  it('does not let a silent subscriber hold up the others of its batch', async () => {
    const silent = await subscribe('sub_silent', '/silent', { timeoutSeconds: 1 });
    const quick = await subscribe('sub_quick', '/quick');
    const batch = deliver(asciiJson(silent), asciiJson(quick));
    const deadline = Date.now() + 700;
    while ((await stack.deliveries.read(quick)) === undefined && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
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

  it.each(['not JSON', '{}', '[]', 'null', '{"v":2}', JSON.stringify({ ...aDeliveryMessage(), attempt: 0 })])(
    'leaves %s to the queue, which moves it to the dead letters',
    async (body) => {
      expect(await deliver(body)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] });
    },
  );
});
