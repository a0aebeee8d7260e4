import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import type { DeliveryPolicy } from '../../../core/topics/subscriptions/subscription';
import { makeDynamoEventHistory } from '../../../lambdas/aws/dynamo-event-history';
import { makeDynamoSubscriptionStore } from '../../../lambdas/aws/dynamo-subscription-store';
import { makeDynamoTargetHealth } from '../../../lambdas/aws/dynamo-target-health';
import { makeSqsDeliveryQueue } from '../../../lambdas/aws/sqs-delivery-queue';
import type { handler } from '../../../lambdas/webhooks/deliver-webhooks';
import { aDeliveryMessage, anEvent, aSubscription } from '../../support/deliveries';
import { type DeliveryStack, startDeliveryStack } from '../../support/delivery-stack';

type Worker = typeof handler;

let stack: DeliveryStack;
let receiver: Server;
let target: string;

/** What each path has seen: requests in all, under way now, and the most at a time. */
const seen = new Map<string, { count: number; now: number; most: number; status: number; delay: number }>();

beforeAll(async () => {
  stack = await startDeliveryStack();
  receiver = createServer((request, response) => {
    const at = watch(request.url ?? '');
    at.count += 1;
    at.now += 1;
    at.most = Math.max(at.most, at.now);
    request.resume().on('end', () => {
      setTimeout(() => {
        at.now -= 1;
        response.writeHead(at.status).end();
      }, at.delay);
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  target = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
});

afterAll(async () => {
  receiver.close();
  receiver.closeAllConnections();
  await stack.stop();
});

function watch(path: string) {
  const at = seen.get(path) ?? { count: 0, now: 0, most: 0, status: 200, delay: 150 };
  seen.set(path, at);
  return at;
}

/** Two containers of the function: they share the tables and queues, and nothing in memory. */
function twoWorkers(): Worker[] {
  return [1, 2].map(() => {
    let worker: Worker | undefined;
    jest.isolateModules(() => {
      worker = require('../../../lambdas/webhooks/deliver-webhooks').handler;
    });
    return worker as Worker;
  });
}

/** Makes a subscription and queues so many deliveries of it. */
async function queueMany(id: string, policy: Partial<DeliveryPolicy>, count: number) {
  const subscription = aSubscription({
    id,
    target: `${target}/${id}`,
    policy: { ...aSubscription().policy, scheduleSeconds: [1, 1, 1], timeoutSeconds: 5, ...policy },
  });
  await makeDynamoSubscriptionStore(stack.documents, stack.tables.registry).create(subscription);
  const history = makeDynamoEventHistory(stack.documents, stack.tables.events);
  const messages = [];
  for (let index = 0; index < count; index += 1) {
    const eventId = `${id}_${index}`;
    await history.keep(`order-${eventId}`, anEvent({ id: eventId }));
    const key = { eventId, subscriptionId: id, order: `order-${eventId}` };
    messages.push({ message: aDeliveryMessage(key), delaySeconds: 0 });
  }
  return { subscription, messages };
}

function send(messages: Awaited<ReturnType<typeof queueMany>>['messages']) {
  return makeSqsDeliveryQueue(stack.sqs, stack.queueUrl).send(messages);
}

/** Feeds the queue to both workers at a time, as the mapping does, until all deliveries are in a state. */
async function workOff(messages: readonly { message: { eventId: string; subscriptionId: string } }[]) {
  let isDone = false;
  const workers = twoWorkers().map(async (worker) => {
    while (!isDone) {
      await feed(worker);
    }
  });
  for (let tries = 0; tries < 400 && !isDone; tries += 1) {
    const rows = await Promise.all(
      messages.map(({ message }) => stack.deliveries.read({ ...message, run: 0 })),
    );
    isDone = rows.every((row) => row?.state === 'delivered');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const finished = isDone;
  isDone = true;
  await Promise.all(workers);
  expect(finished).toBe(true);
}

async function feed(worker: Worker): Promise<void> {
  const { Messages = [] } = await stack.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: stack.queueUrl, MaxNumberOfMessages: 5, WaitTimeSeconds: 0 }),
  );
  if (Messages.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return;
  }
  const Records = Messages.map(({ Body, MessageId }) => ({ body: Body, messageId: MessageId }) as SQSRecord);
  expect(await worker({ Records } as SQSEvent)).toEqual({ batchItemFailures: [] });
  for (const { ReceiptHandle } of Messages) {
    await stack.sqs.send(new DeleteMessageCommand({ QueueUrl: stack.queueUrl, ReceiptHandle }));
  }
}

describe('two workers at one target', () => {
  it('never have more requests under way than its cap', async () => {
    const { messages } = await queueMany('sub_capped', { concurrency: 2 }, 12);
    await send(messages);
    await workOff(messages);
    expect(watch('/sub_capped')).toMatchObject({ count: 12, most: 2 });
  }, 60_000);

  it('keep its rate, together', async () => {
    const { messages } = await queueMany('sub_rated', { ratePerSecond: 4 }, 16);
    await send(messages);
    await workOff(messages);
    expect(watch('/sub_rated').count).toBe(16);
    const rows = await Promise.all(
      messages.map(({ message }) => stack.deliveries.read({ ...message, run: 0 })),
    );
    const begun = rows.map((row) => Date.parse(row!.attempts[0]!.at)).sort((a, b) => a - b);
    // Nobody begins before the moment that is reserved for it; the first may have begun a little after its own.
    const early = begun.filter((at, index) => at - begun[0]! < index * 250 - 200);
    expect(early).toEqual([]);
  }, 60_000);

  it('probe a target whose circuit is half-open with one request, and go on when it succeeds', async () => {
    const { subscription, messages } = await queueMany('sub_probed', {}, 6);
    const health = makeDynamoTargetHealth(stack.documents, stack.tables.registry);
    await health.countFailure(subscription, {
      mark: 'x',
      at: new Date().toISOString(),
      isUnavailable: true,
    });
    const circuit = { openUntil: new Date(Date.now() - 1).toISOString(), opens: 1 };
    expect(await health.openCircuit(subscription, circuit, undefined)).toBe(true);
    const at = watch('/sub_probed');
    // The probe is under way for as long as the other worker may take to come.
    at.delay = 2500;
    await send(messages);
    const [first, second] = twoWorkers();
    await Promise.all([feed(first as Worker), feed(second as Worker)]);
    expect(at).toMatchObject({ count: 1, most: 1 });
    at.delay = 0;
    await workOff(messages);
    expect(at.count).toBe(6);
    const registry = makeDynamoSubscriptionStore(stack.documents, stack.tables.registry);
    expect(await registry.find('sub_probed')).not.toHaveProperty('health');
  }, 60_000);

  it('leave a target alone after five failures in a row, together', async () => {
    const { messages } = await queueMany('sub_down', {}, 20);
    watch('/sub_down').status = 503;
    await send(messages);
    const workers = twoWorkers();
    for (let round = 0; round < 6; round += 1) {
      await Promise.all(workers.map(feed));
    }
    // Two batches of five at a time: those that were under way when the fifth failed.
    expect(watch('/sub_down').count).toBeLessThanOrEqual(10);
    const registry = makeDynamoSubscriptionStore(stack.documents, stack.tables.registry);
    expect((await registry.find('sub_down'))?.health).toMatchObject({ circuit: { opens: 1 } });
    const rows = await Promise.all(
      messages.map(({ message }) => stack.deliveries.read({ ...message, run: 0 })),
    );
    expect(rows.filter((row) => row !== undefined).length).toBe(watch('/sub_down').count);
  }, 60_000);
});
