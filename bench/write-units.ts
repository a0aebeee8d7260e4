/**
 * What one change costs in DynamoDB: `npm run bench:units`. The functions run as they are deployed, on an empty set
 * of emulators behind a proxy that asks every write for its capacity and adds it up. Prints one JSON object:
 * write units per step, for a ten-signature create and for a two-attribute update of the same person, each
 * announced to one subscriber that answers at once.
 */
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEvent, KinesisStreamEvent, SQSEvent } from 'aws-lambda';
import { noOwnTargets } from '../core/webhooks/target-arn';
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
import { startWriteCounter, type WriteCounter } from './write-counter';

function urlOf(server: ReturnType<typeof createServer>): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function main(): Promise<void> {
  const emulators = await startEmulators();
  const counter = await startWriteCounter(emulators.dynamodbUrl);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const secrets = await startSecrets(
    new Map([
      ['cis-key', privateKey.export({ type: 'pkcs8', format: 'pem' }) as string],
      ['publishers-jwks', JSON.stringify(vector('publishers_jwks'))],
      ['publisher-rules', '{}'],
    ]),
  );
  const subscriber = createServer((incoming, outgoing) => incoming.resume().on('end', () => outgoing.end()));
  await new Promise<void>((resolve) => subscriber.listen(0, '127.0.0.1', resolve));
  await createTables(emulators.dynamodbUrl);
  await Promise.all(['changes', 'events'].map((name) => createStream(emulators.kinesisUrl, name)));
  const queues = await Promise.all(['deliveries', 'dead'].map((name) => createQueue(emulators.sqsUrl, name)));
  setEnvironment({ ...emulators, dynamodbUrl: counter.url }, secrets.url, queues);
  try {
    await ask('manage/manage-subscriptions', '/v1/subscriptions', {
      topic: 'profile.created',
      target: urlOf(subscriber),
    });
    await ask('manage/manage-subscriptions', '/v1/subscriptions', {
      topic: 'profile.updated',
      target: urlOf(subscriber),
    });
    counter.take();
    const stack = { emulators, queueUrl: queues[0] ?? '', counter };
    const create = await unitsOf('create-by-ldap', stack);
    const update = await unitsOf('update-by-mozilliansorg', stack);
    console.log(JSON.stringify({ create, update }));
  } finally {
    subscriber.close();
    subscriber.closeAllConnections();
    secrets.stop();
    counter.stop();
    await emulators.stop();
  }
}

interface Stack {
  readonly emulators: Awaited<ReturnType<typeof startEmulators>>;
  readonly queueUrl: string;
  readonly counter: WriteCounter;
}

/** Sends one change all the way. */
async function unitsOf(name: string, { emulators, queueUrl, counter }: Stack) {
  const { sequence_number } = await ask('change/submit-change', '/change', vector(name));
  const steps: Record<string, unknown> = {};
  const run = async (step: string, file: string, event: unknown) => {
    const { handler } = load(file);
    const { batchItemFailures } = await handler(event);
    if (batchItemFailures.length > 0) {
      throw new Error(`${step} failed`);
    }
    steps[step] = counter.take();
  };
  const changes = await recordsOf(emulators.kinesisUrl, 'changes');
  const own = changes.Records.filter(({ kinesis }) => kinesis.sequenceNumber === sequence_number);
  await run('integrate-changes', 'change/integrate-changes', { Records: own });
  const events = await recordsOf(emulators.kinesisUrl, 'events');
  await run('dispatch-events', 'events/dispatch-events', { Records: events.Records.slice(-1) });
  await run('deliver-webhooks', 'webhooks/deliver-webhooks', await messagesOf(emulators.sqsUrl, queueUrl));
  const total = Object.values(steps).flatMap((units) => Object.values(units as Record<string, number>));
  return { ...steps, total: total.reduce((sum, each) => sum + each, 0) };
}

async function recordsOf(kinesisUrl: string, streamName: string): Promise<KinesisStreamEvent> {
  const kinesis = kinesisClient(kinesisUrl);
  try {
    return await deliveryOf(kinesis, streamName);
  } finally {
    kinesis.destroy();
  }
}

async function messagesOf(sqsUrl: string, QueueUrl: string): Promise<SQSEvent> {
  const sqs = sqsClient(sqsUrl);
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 2 }),
  );
  sqs.destroy();
  return {
    Records: Messages.map(({ MessageId, Body }) => ({ messageId: MessageId, body: Body })),
  } as SQSEvent;
}

async function ask(file: string, resource: string, body: unknown) {
  const { handler } = load(file);
  const scope = 'write subscriptions:write subscriptions:system';
  const reply = await handler({
    httpMethod: 'POST',
    resource,
    path: resource,
    headers: { authorization: `Bearer ${unsignedToken({ scope })}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    requestContext: {},
  } as unknown as APIGatewayProxyEvent);
  if (reply.statusCode >= 300) {
    throw new Error(`${resource} answered ${reply.statusCode}: ${reply.body}`);
  }
  return JSON.parse(reply.body);
}

function setEnvironment(
  emulators: Parameters<typeof useEmulators>[0],
  secretsUrl: string,
  [deliveries, dead]: readonly string[],
): void {
  useEmulators(emulators);
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsUrl,
    ...{ VERIFY_TOKENS: 'false', JWKS_URI: '', TOKEN_ISSUER: '', TOKEN_AUDIENCE: '' },
    ...{ V2_WAIT_SECONDS: '0', ALLOW_DELETE: 'false', PUBLISHER_RULES_SECRET_ID: 'publisher-rules' },
    ...{ CHANGES_STREAM_NAME: 'changes', EVENTS_STREAM_NAME: 'events' },
    ...{ PROFILES_TABLE_NAME: 'profiles', CHANGE_STATUSES_TABLE_NAME: 'change-statuses' },
    ...{ REGISTRY_TABLE_NAME: 'registry', EVENTS_TABLE_NAME: 'events', DELIVERIES_TABLE_NAME: 'deliveries' },
    ...{ DELIVERIES_QUEUE_URL: deliveries, DEAD_LETTER_QUEUE_URL: dead, ALLOW_PRIVATE_TARGETS: 'true' },
    ...{ NOTICES_QUEUE_URL: '', FORWARD_PROXY: '', TARGET_ARNS: JSON.stringify(noOwnTargets) },
    ...{ CIS_KEY_SECRET_ID: 'cis-key', PUBLISHERS_JWKS_SECRET_ID: 'publishers-jwks' },
    ...{ VERIFY_SIGNATURES: 'true', VERIFY_PUBLISHERS: 'true', ALLOW_MINTED_IDENTIFIERS: 'false' },
    ...{ LOG_LEVEL: 'SILENT' },
  });
}

/** Only now: the clients of a function read the environment. */
function load(file: string) {
  return createRequire(__filename)(path.join(__dirname, '../lambdas', file));
}

function vector(name: string) {
  return JSON.parse(readFileSync(path.join(__dirname, '../test/vectors', `${name}.json`), 'utf8'));
}

main().catch((error: Error) => {
  console.error(`failed: ${error.message}`);
  process.exitCode = 1;
});
