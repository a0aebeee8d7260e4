import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { asciiJson } from '../../../core/ascii-json';
import { verifyWebhook } from '../../../core/webhooks/signature';
import { makeDynamoDeliveryStore } from '../../../lambdas/aws/dynamo-delivery-store';
import { makeDynamoEventHistory } from '../../../lambdas/aws/dynamo-event-history';
import { makeDynamoSubscriptionStore } from '../../../lambdas/aws/dynamo-subscription-store';
import { makeSqsDeliveryQueue } from '../../../lambdas/aws/sqs-delivery-queue';
import { handler as deliverWebhooks } from '../../../lambdas/webhooks/deliver-webhooks';
import { handler as requeueDeliveries } from '../../../lambdas/webhooks/requeue-deliveries';
import { handler as resendDeadLetters } from '../../../lambdas/webhooks/resend-dead-letters';
import { aDelivery, aDeliveryMessage, anEvent, aSubscription } from '../../support/deliveries';
import {
  createQueue,
  createStream,
  createTables,
  dynamodbClient,
  type Emulators,
  sqsClient,
  startEmulators,
  useEmulators,
} from '../../support/emulators';

let emulators: Emulators;
let documents: DynamoDBDocumentClient;
let sqs: SQSClient;
let queueUrl: string;
let deadLetterUrl: string;
let tables: Awaited<ReturnType<typeof createTables>>;
let subscriber: Server;
let target: string;
const received: { path: string; headers: Record<string, string>; body: Buffer }[] = [];

beforeAll(async () => {
  emulators = await startEmulators();
  useEmulators(emulators);
  tables = await createTables(emulators.dynamodbUrl);
  await createStream(emulators.kinesisUrl, 'events');
  queueUrl = await createQueue(emulators.sqsUrl, 'deliveries');
  deadLetterUrl = await createQueue(emulators.sqsUrl, 'dead-letters');
  Object.assign(process.env, {
    REGISTRY_TABLE_NAME: tables.registry,
    EVENTS_TABLE_NAME: tables.events,
    DELIVERIES_TABLE_NAME: tables.deliveries,
    DELIVERIES_QUEUE_URL: queueUrl,
    DEAD_LETTER_QUEUE_URL: deadLetterUrl,
    EVENTS_STREAM_NAME: 'events',
    ALLOW_PRIVATE_TARGETS: 'true',
    RESEND_DEAD_LETTERS_AFTER_MINUTES: '0',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    POWERTOOLS_METRICS_DISABLED: 'true',
  });
  documents = DynamoDBDocumentClient.from(dynamodbClient(emulators.dynamodbUrl), {
    marshallOptions: { removeUndefinedValues: true },
  });
  sqs = sqsClient(emulators.sqsUrl);
  await startSubscriber();
});

afterAll(async () => {
  subscriber.close();
  subscriber.closeAllConnections();
  documents.destroy();
  sqs.destroy();
  await emulators.stop();
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

const store = () => makeDynamoDeliveryStore(documents, tables.deliveries);

async function subscribe(id: string, path: string, policy = {}) {
  const subscription = aSubscription({
    id,
    target: `${target}${path}`,
    policy: { ...aSubscription().policy, scheduleSeconds: [], timeoutSeconds: 2, ...policy },
  });
  await makeDynamoSubscriptionStore(documents, tables.registry).create(subscription);
  await makeDynamoEventHistory(documents, tables.events).keep('0001', anEvent());
  return aDeliveryMessage({ subscriptionId: id });
}

/** Hands messages to the worker as the event-source mapping does. */
function deliver(...bodies: string[]) {
  const records = bodies.map((body, index) => ({ body, messageId: `m${index}` }) as SQSRecord);
  return deliverWebhooks({ Records: records } as SQSEvent);
}

async function drain(url: string): Promise<unknown[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }),
  );
  await Promise.all(
    Messages.map(({ ReceiptHandle }: Message) =>
      sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle })),
    ),
  );
  return Messages.map(({ Body }: Message) => JSON.parse(Body ?? ''));
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
    expect(await store().read(message)).toMatchObject({ state: 'delivered', attempt: 1 });
  });

  it('does not let a silent subscriber hold up the others of its batch', async () => {
    const silent = await subscribe('sub_silent', '/silent', { timeoutSeconds: 1 });
    const quick = await subscribe('sub_quick', '/quick');
    const batch = deliver(asciiJson(silent), asciiJson(quick));
    const deadline = Date.now() + 700;
    while ((await store().read(quick)) === undefined && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(await store().read(quick)).toMatchObject({ state: 'delivered' });
    expect(await store().read(silent)).toBeUndefined();
    expect(await batch).toEqual({ batchItemFailures: [] });
    expect(await store().read(silent)).toMatchObject({
      state: 'dead',
      attempts: [expect.objectContaining({ failure: 'timeout' })],
    });
    await drain(deadLetterUrl);
  });

  it('queues a retry with its delay, buries what has none, and switches off after 410', async () => {
    const retried = await subscribe('sub_500', '/500', { scheduleSeconds: [1] });
    const dead = await subscribe('sub_503', '/503');
    const gone = await subscribe('sub_410', '/410');
    await deliver(...[retried, dead, gone].map(asciiJson));
    expect(await store().read(retried)).toMatchObject({ state: 'pending', attempt: 1 });
    const pointers = await drain(deadLetterUrl);
    expect(pointers.map((pointer) => (pointer as { reason: string }).reason).sort()).toEqual([
      'attempts_used_up',
      'gone',
    ]);
    const registry = makeDynamoSubscriptionStore(documents, tables.registry);
    expect(await registry.find('sub_410')).toMatchObject({ state: 'disabled', stateReason: 'gone' });
    await new Promise((resolve) => setTimeout(resolve, 1300));
    expect(await drain(queueUrl)).toEqual([
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

describe('requeue-deliveries', () => {
  it('queues what is due with the exact remaining delay, once', async () => {
    const dueAt = new Date(Date.now() + 1500).toISOString();
    const rows = ['a', 'b', 'c'].map((eventId) => aDelivery({ eventId, nextAttemptAt: dueAt, dueAt }));
    const later = new Date(Date.now() + 300_000).toISOString();
    rows.push(aDelivery({ eventId: 'later', nextAttemptAt: later, dueAt: later }));
    await Promise.all(rows.map((row) => store().write(row)));
    await requeueDeliveries();
    await requeueDeliveries();
    expect(await drain(queueUrl)).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 2300));
    const queued = (await drain(queueUrl)) as { eventId: string; attempt: number }[];
    expect(queued.map(({ eventId, attempt }) => `${eventId}${attempt}`).sort()).toEqual(['a2', 'b2', 'c2']);
    const moved = await store().read(rows[0]!);
    expect(Date.parse(moved!.dueAt!)).toBeGreaterThan(Date.now() + 19 * 60_000);
  });
});

describe('resend-dead-letters', () => {
  it('keeps pointers to the dead, removes the others, and buries what the worker could not take', async () => {
    const ended = { endedAt: new Date().toISOString() };
    const dead = aDelivery({ eventId: 'dead', state: 'dead', reason: 'attempts_used_up', ...ended });
    const revived = aDelivery({ eventId: 'revived' });
    await Promise.all([store().write(dead), store().write(revived)]);
    const queue = makeSqsDeliveryQueue(sqs, deadLetterUrl);
    await queue.send([{ message: aDeliveryMessage({ eventId: 'crashed-ü' }), delaySeconds: 0 }]);
    await queue.send(
      [dead, revived].map(({ eventId, subscriptionId, run }) => {
        const pointer = { v: 1, eventId, subscriptionId, run, reason: 'attempts_used_up' };
        return { message: pointer as never, delaySeconds: 0 };
      }),
    );
    await resendDeadLetters();
    expect(await store().read(aDeliveryMessage({ eventId: 'crashed-ü' }))).toMatchObject({
      state: 'dead',
      reason: 'worker_crashed',
    });
    // What was kept is hidden for minutes: the queue still counts it, and nothing else.
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: deadLetterUrl,
        AttributeNames: ['ApproximateNumberOfMessagesNotVisible', 'ApproximateNumberOfMessages'],
      }),
    );
    expect(
      Number(Attributes?.ApproximateNumberOfMessagesNotVisible) +
        Number(Attributes?.ApproximateNumberOfMessages),
    ).toBe(2);
  });
});
