import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { asciiJson } from '../../../core/ascii-json';
import type { Subscription } from '../../../core/topics/subscriptions/subscription';
import type { DeliveryMessage } from '../../../core/webhooks/deliveries/delivery';
import { makeDynamoSubscriptionStore } from '../../../lambdas/aws/dynamo-subscription-store';
import { handler as deliverWebhooks } from '../../../lambdas/webhooks/deliver-webhooks';
import { handler as publishDeliveries } from '../../../lambdas/webhooks/publish-deliveries';
import { aDeliveryMessage, anEvent, aSubscription } from '../../support/deliveries';
import { type DeliveryStack, startDeliveryStack } from '../../support/delivery-stack';
import { createQueue } from '../../support/emulators';
import { type PubsubServer, startPubsub } from '../../support/pubsub-server';
import { startSecrets } from '../../support/secrets-server';

let stack: DeliveryStack;
let google: PubsubServer;
let publishQueue: string;
let secrets: Awaited<ReturnType<typeof startSecrets>>;

beforeAll(async () => {
  stack = await startDeliveryStack();
  google = await startPubsub();
  secrets = await startSecrets(new Map([['pubsub-account', google.account]]));
  publishQueue = await createQueue(process.env.AWS_ENDPOINT_URL_SQS ?? '', 'publishing');
  Object.assign(process.env, {
    PUBLISH_QUEUE_URL: publishQueue,
    PUBSUB: JSON.stringify({ baseUrl: google.url, project: 'changewire' }),
    PUBSUB_ACCOUNT_SECRET_ID: 'pubsub-account',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
  });
});
afterAll(async () => {
  secrets.stop();
  await google.stop();
  await stack.stop();
});

let made = 0;

/** A consumer with a topic of Pub/Sub of its own. */
async function consumer(more: Partial<Subscription> = {}): Promise<Subscription> {
  made += 1;
  const subscription = aSubscription({
    id: `sub_${String(made).padStart(16, '0')}`,
    topic: { door: 'topics', name: 'orders' },
    target: `topic-${made}`,
    format: 'pubsub',
    policy: { ...aSubscription().policy, scheduleSeconds: [16], timeoutSeconds: 5 },
    consumer: { number: made },
    ...more,
  });
  await makeDynamoSubscriptionStore(stack.documents, stack.tables.registry).create(subscription);
  return subscription;
}

function messagesFor({ id }: Subscription, count: number, event = {}): DeliveryMessage[] {
  return Array.from({ length: count }, (_, index) => {
    const eventId = `evt_${id}_${index}`;
    return aDeliveryMessage({
      eventId,
      subscriptionId: id,
      topic: 'topics/orders',
      event: anEvent({
        id: eventId,
        topic: { door: 'topics', name: 'orders' },
        dataJson: `{"n":${index}}`,
        attributesJson: '{"kind":"order","n":1.50}',
        ...event,
      }),
    });
  });
}

/** As the event-source mapping does. */
function hand(handler: typeof publishDeliveries, messages: readonly DeliveryMessage[]) {
  const records = messages.map(
    (message, index) => ({ body: asciiJson(message), messageId: `m${index}` }) as SQSRecord,
  );
  return handler({ Records: records } as SQSEvent);
}

const publishedTo = (topic: string) => google.published.filter((call) => call.topic === topic);
const rowsOf = (messages: readonly DeliveryMessage[]) =>
  Promise.all(messages.map((message) => stack.deliveries.read(message)));

describe('publish-deliveries', () => {
  it('publishes 45 deliveries of a consumer in three calls, and records each', async () => {
    const own = await consumer();
    const messages = messagesFor(own, 45);
    expect(await hand(publishDeliveries, messages)).toEqual({ batchItemFailures: [] });
    const calls = publishedTo(own.target);
    expect(calls.map((call) => call.messages.length).sort()).toEqual([20, 20, 5]);
    expect(calls[0]?.messages[0]?.attributes).toEqual({ kind: 'order', n: '1.50' });
    const data = calls.flatMap((call) => call.messages.map((message) => message.data));
    expect(new Set(data)).toEqual(new Set(messages.map(({ event }) => event?.dataJson)));
    const ids = calls.flatMap(({ messageIds }) => messageIds);
    const rows = await rowsOf(messages);
    expect(rows.map((row) => row?.state)).toEqual(new Array(45).fill('delivered'));
    expect(rows.map((row) => row?.attempts[0]?.answer).sort()).toEqual(ids.sort());
  });

  it('keeps consumers apart, and heeds the chunk size of each', async () => {
    const [one, other] = [await consumer({ consumer: { number: 1, chunkSize: 2 } }), await consumer()];
    await hand(publishDeliveries, [...messagesFor(one, 3), ...messagesFor(other, 3)]);
    expect(publishedTo(one.target).map((call) => call.messages.length)).toEqual([2, 1]);
    expect(publishedTo(other.target).map((call) => call.messages.length)).toEqual([3]);
  });

  it('tries again what failed, on its own queue, after the wait of the consumer', async () => {
    const own = await consumer();
    const messages = messagesFor(own, 2);
    google.plan({ status: 503 });
    await hand(publishDeliveries, messages);
    expect(await rowsOf(messages)).toEqual(
      messages.map(() => expect.objectContaining({ state: 'pending', attempt: 1 })),
    );
    expect(await stack.countMessages(stack.queueUrl)).toBe(0);
    await hand(
      publishDeliveries,
      messages.map((message) => ({ ...message, attempt: 2 })),
    );
    expect((await rowsOf(messages)).map((row) => row?.state)).toEqual(['delivered', 'delivered']);
  });

  it('buries a message that Google refuses, alone', async () => {
    const own = await consumer();
    const good = messagesFor(own, 3);
    const [bad] = messagesFor(own, 1, { id: 'evt_bad', attributesJson: '{"googlemail":"x"}' });
    const poison = { ...(bad as DeliveryMessage), eventId: 'evt_bad' };
    await hand(publishDeliveries, [...good, poison]);
    expect((await rowsOf(good)).map((row) => row?.state)).toEqual(new Array(3).fill('delivered'));
    expect(await stack.deliveries.read(poison)).toMatchObject({
      state: 'dead',
      reason: 'final_status',
      attempts: [{ status: 400, answer: expect.stringContaining('INVALID_ARGUMENT') }],
    });
    expect(await stack.drain(stack.deadLetterUrl)).toEqual([expect.objectContaining({ eventId: 'evt_bad' })]);
  });

  it('hands back what its owner has sent otherwise meanwhile: no attempt is lost on it', async () => {
    const own = await consumer();
    const messages = messagesFor(own, 2);
    const store = makeDynamoSubscriptionStore(stack.documents, stack.tables.registry);
    const target = 'https://subscriber.test/hook';
    await store.revise(own, { format: 'postoffice', target }, new Date().toISOString());
    await hand(publishDeliveries, messages);
    expect(await rowsOf(messages)).toEqual([undefined, undefined]);
    expect(await stack.drain(stack.queueUrl)).toEqual(expect.arrayContaining(messages));
  });

  it('writes nothing of the token or the key into a row', async () => {
    const own = await consumer({ policy: { ...aSubscription().policy, scheduleSeconds: [] } });
    const messages = messagesFor(own, 1);
    google.plan({ status: 403, body: `denied to ${google.published[0]?.authorization}` });
    await hand(publishDeliveries, messages);
    const [row] = await rowsOf(messages);
    expect(row?.attempts[0]?.status).toBe(403);
    expect(JSON.stringify(row)).not.toContain('ya29');
    await stack.drain(stack.deadLetterUrl);
  });
});

describe('deliver-webhooks', () => {
  it('hands over what goes to Pub/Sub, as it came', async () => {
    const own = await consumer({ target: `${google.url}/looks/like/a/url` });
    const messages = messagesFor(own, 2);
    const before = google.paths.length;
    await hand(deliverWebhooks, messages);
    expect(await rowsOf(messages)).toEqual([undefined, undefined]);
    expect(google.paths).toHaveLength(before);
    const handed = (await stack.drain(publishQueue)) as DeliveryMessage[];
    expect(handed.filter(({ attempt }) => attempt === 1)).toEqual(expect.arrayContaining(messages));
    await hand(publishDeliveries, messages);
    expect(publishedTo(own.target)).toHaveLength(1);
  });

  it('ends what is paused or deleted itself', async () => {
    const own = await consumer();
    const store = makeDynamoSubscriptionStore(stack.documents, stack.tables.registry);
    await store.changeState(own, { from: ['active'], to: 'deleted', at: new Date().toISOString() });
    const messages = messagesFor(own, 1);
    await hand(deliverWebhooks, messages);
    expect(await rowsOf(messages)).toEqual([expect.objectContaining({ state: 'skipped' })]);
  });
});
