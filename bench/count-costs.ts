import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { DeleteMessageBatchCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { KinesisStreamEvent } from 'aws-lambda';
import { type FunctionName, functions } from '../lambdas/functions';
import {
  createQueue,
  createStream,
  createTables,
  kinesisClient,
  sqsClient,
  startEmulators,
  useEmulators,
} from '../test/support/emulators';
import { startSecrets } from '../test/support/secrets-server';
import { deliveryOf } from '../test/support/stream-delivery';
import { unsignedToken } from '../test/support/tokens';
import { environmentOf, fakeSecrets } from './function-environment';
import type { Counts } from './prices';
import { type RequestCounter, startRequestCounter } from './request-counter';
import { root, vectorText } from './vectors';

export type Costs = Readonly<Record<'change' | 'event' | 'delivery', Counts>>;

const scopes = 'write events:write topics:write subscriptions:write subscriptions:system';

/**
 * Sends one change, one event and one delivery through the functions, one at a time and as they are deployed, on empty
 * emulators, and counts what each has AWS do: what batches save is not in it. The change alters two attributes of a
 * profile of 25 kB; what follows from it is events like others.
 */
export async function countCosts(): Promise<Costs> {
  const emulators = await startEmulators();
  const counter = await startRequestCounter(emulators);
  const secrets = await startSecrets(new Map(fakeSecrets));
  const subscriber = createServer((incoming, outgoing) => incoming.resume().on('end', () => outgoing.end()));
  await new Promise<void>((resolve) => subscriber.listen(0, '127.0.0.1', resolve));
  const target = `http://127.0.0.1:${(subscriber.address() as AddressInfo).port}/`;
  await createTables(emulators.dynamodbUrl);
  await Promise.all(['changes', 'events'].map((name) => createStream(emulators.kinesisUrl, name)));
  const [queueUrl = ''] = await Promise.all(
    ['deliveries', 'dead'].map((name) => createQueue(emulators.sqsUrl, name)),
  );
  setEnvironment(counter, secrets.url, queueUrl);
  const sqs = sqsClient(counter.urls.sqsUrl);
  try {
    return await run({ counter, sqs, queueUrl, target, kinesisUrl: emulators.kinesisUrl });
  } finally {
    sqs.destroy();
    subscriber.close();
    subscriber.closeAllConnections();
    secrets.stop();
    counter.stop();
    await emulators.stop();
  }
}

interface Stage {
  readonly counter: RequestCounter;
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly target: string;
  readonly kinesisUrl: string;
}

async function run(stage: Stage): Promise<Costs> {
  const { counter, target } = stage;
  await ask('manage-topics', '/v1/topics', '{"name":"orders"}');
  await ask('manage-subscriptions', '/v1/subscriptions', JSON.stringify({ topic: 'orders', target }));
  await changeProfile('create-by-ldap', stage);
  counter.take();
  const change = await changeProfile('update-by-mozilliansorg', stage);
  await ask('manage-events', '/v1/events', '{"topic":"orders","data":{"total":12.5}}');
  await invoke('dispatch-events', await lastRecord(stage.kinesisUrl, 'events'));
  const event = { ...counter.take(), lambdaRequests: 2 };
  const { Messages = [] } = await stage.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: stage.queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 2 }),
  );
  const Records = Messages.map(({ MessageId, Body }) => ({ messageId: MessageId, body: Body }));
  await invoke('deliver-webhooks', { Records });
  const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
  await stage.sqs.send(new DeleteMessageBatchCommand({ QueueUrl: stage.queueUrl, Entries }));
  const delivery = { ...counter.take(), lambdaRequests: 1 };
  if (Records.length !== 1) {
    throw new Error(`one delivery was to be made, and ${Records.length} messages came`);
  }
  return { change, event, delivery };
}

/** From the door until the change has ended. */
async function changeProfile(vector: string, { counter, kinesisUrl }: Stage): Promise<Counts> {
  await ask('submit-change', '/change', vectorText(vector));
  await invoke('integrate-changes', await lastRecord(kinesisUrl, 'changes'));
  return { ...counter.take(), lambdaRequests: 2 };
}

async function lastRecord(kinesisUrl: string, streamName: string): Promise<KinesisStreamEvent> {
  const kinesis = kinesisClient(kinesisUrl);
  try {
    const { Records } = await deliveryOf(kinesis, streamName);
    return { Records: Records.slice(-1) };
  } finally {
    kinesis.destroy();
  }
}

async function invoke(stem: FunctionName, event: unknown): Promise<void> {
  const { batchItemFailures } = await load(stem).handler(event);
  if (batchItemFailures.length > 0) {
    throw new Error(`${stem} failed: run with LOG_LEVEL=INFO to see why`);
  }
}

async function ask(stem: FunctionName, resource: string, body: string): Promise<void> {
  const reply = await load(stem).handler({
    httpMethod: 'POST',
    resource,
    path: resource,
    headers: {
      authorization: `Bearer ${unsignedToken({ scope: scopes })}`,
      'content-type': 'application/json',
    },
    body,
    requestContext: {},
  });
  if (reply.statusCode >= 300) {
    throw new Error(`${resource} answered ${reply.statusCode}: ${reply.body}`);
  }
}

function setEnvironment({ urls }: RequestCounter, secretsUrl: string, queueUrl: string): void {
  const stems = [
    'manage-topics',
    'manage-subscriptions',
    'manage-events',
    'submit-change',
    'integrate-changes',
  ] as const;
  for (const stem of [...stems, 'dispatch-events', 'deliver-webhooks'] as const) {
    const { AWS_ENDPOINT_URL: _, ...environment } = environmentOf(stem, urls.sqsUrl);
    Object.assign(process.env, environment);
  }
  useEmulators({ ...urls, stop: async () => undefined });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsUrl,
    ...{ CHANGES_STREAM_NAME: 'changes', EVENTS_STREAM_NAME: 'events', PROFILES_TABLE_NAME: 'profiles' },
    ...{ CHANGE_STATUSES_TABLE_NAME: 'change-statuses', REGISTRY_TABLE_NAME: 'registry' },
    ...{ EVENTS_TABLE_NAME: 'events', DELIVERIES_TABLE_NAME: 'deliveries' },
    DELIVERIES_QUEUE_URL: queueUrl,
    ...{ LOG_LEVEL: process.env.LOG_LEVEL ?? 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true' },
  });
}

/** Only now: the clients of a function read the environment. */
function load(stem: FunctionName) {
  const file = path.join(root, 'lambdas', functions[stem].handler);
  return createRequire(path.join(root, 'bench/count-costs.ts'))(file);
}
