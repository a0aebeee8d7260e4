import { createRequire } from 'node:module';
import path from 'node:path';
import { DeleteMessageBatchCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { Event } from '../core/events/event';
import { inChunks } from '../core/in-chunks';
import { encodeRecord } from '../core/stream-record';
import type { DeliveryPolicy } from '../core/topics/subscriptions/subscription';
import { mintSubscriptionId } from '../core/topics/subscriptions/subscription-id';
import type { Delivery } from '../core/webhooks/deliveries/delivery';
import { noOwnTargets } from '../core/webhooks/targets/target-arn';
import { toRow } from '../lambdas/aws/delivery-row';
import { documentClient } from '../lambdas/aws/document-client';
import { makeDynamoSubscriptionStore } from '../lambdas/aws/dynamo-subscription-store';
import { type FunctionName, functions } from '../lambdas/functions';
import {
  createQueue,
  createStream,
  createTables,
  sqsClient,
  startEmulators,
  useEmulators,
} from '../test/support/emulators';
import { aSubscription } from '../test/support/subscriptions';

/** What the queue's mapping hands to one instance of the worker. */
const BATCH = 10;

type Handler = (event: unknown) => Promise<{ batchItemFailures: unknown[] }>;

export interface DeliveryFunctions {
  subscribe(topic: string, targets: readonly string[], policy?: Partial<DeliveryPolicy>): Promise<string[]>;
  /** Dispatches events as one record. */
  dispatch(events: readonly Event[]): Promise<void>;
  /** Puts rows of deliveries into the table as they are. */
  park(rows: readonly Delivery[]): Promise<void>;
  /** As many instances of the worker, each a batch at a time, until `isDone`. */
  work(instances: number, isDone: () => boolean): Promise<void>;
  /** Told of every batch that an instance has handled. @param count of its messages. */
  onHandled: (count: number) => void;
  stop(): Promise<void>;
}

/**
 * dispatch-events and deliver-webhooks as they are deployed, on empty emulators.
 * @param through leads the store's calls elsewhere, such as to somebody who counts them.
 */
export async function startDeliveryFunctions(
  through: (dynamodbUrl: string) => Promise<string> = async (url) => url,
): Promise<DeliveryFunctions> {
  const emulators = await startEmulators();
  await createTables(emulators.dynamodbUrl);
  await createStream(emulators.kinesisUrl, 'events');
  const [queueUrl = '', deadUrl = ''] = await Promise.all(
    ['deliveries', 'dead'].map((name) => createQueue(emulators.sqsUrl, name)),
  );
  useEmulators({ ...emulators, dynamodbUrl: await through(emulators.dynamodbUrl) });
  Object.assign(process.env, {
    ...{ EVENTS_STREAM_NAME: 'events', REGISTRY_TABLE_NAME: 'registry', EVENTS_TABLE_NAME: 'events' },
    ...{ DELIVERIES_TABLE_NAME: 'deliveries', DELIVERIES_QUEUE_URL: queueUrl },
    ...{ DEAD_LETTER_QUEUE_URL: deadUrl, ALLOW_PRIVATE_TARGETS: 'true' },
    ...{ NOTICES_QUEUE_URL: '', FORWARD_PROXY: '', TARGET_ARNS: JSON.stringify(noOwnTargets) },
    ...{ LOG_LEVEL: process.env.LOG_LEVEL ?? 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true' },
  });
  const dispatchEvents = loadApart('dispatch-events');
  const workers: Handler[] = [];
  const sqs = sqsClient(emulators.sqsUrl);
  const subscriptions = makeDynamoSubscriptionStore(documentClient(), 'registry');
  const functions: DeliveryFunctions = {
    onHandled: () => undefined,
    async subscribe(topic, targets, policy) {
      const ids: string[] = [];
      for (const target of targets) {
        const id = mintSubscriptionId(randomBytes);
        const base = aSubscription({ id, target, headers: {}, topic: { door: 'manage', name: topic } });
        await subscriptions.create({ ...base, policy: { ...base.policy, ...policy } });
        ids.push(id);
      }
      return ids;
    },
    async dispatch(events) {
      await invoke(dispatchEvents, { Records: [kinesisRecord(events)] });
    },
    async park(rows) {
      for (const chunk of inChunks(rows, 25)) {
        const deliveries = chunk.map((row) => ({ PutRequest: { Item: toRow(row) } }));
        await documentClient().send(new BatchWriteCommand({ RequestItems: { deliveries } }));
      }
    },
    async work(instances, isDone) {
      while (workers.length < instances) {
        workers.push(loadApart('deliver-webhooks'));
      }
      const loop = async (worker: Handler) => {
        while (!isDone()) {
          await handleBatch(sqs, queueUrl, worker, functions);
        }
      };
      await Promise.all(workers.slice(0, instances).map(loop));
    },
    async stop() {
      sqs.destroy();
      documentClient().destroy();
      await emulators.stop();
    },
  };
  return functions;
}

async function handleBatch(
  sqs: SQSClient,
  QueueUrl: string,
  worker: Handler,
  { onHandled }: DeliveryFunctions,
): Promise<void> {
  const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: BATCH, WaitTimeSeconds: 1 });
  const { Messages = [] } = await sqs.send(receive);
  if (Messages.length === 0) {
    return;
  }
  const Records = Messages.map(({ MessageId, Body }) => ({ messageId: MessageId, body: Body }));
  await invoke(worker, { Records });
  onHandled(Messages.length);
  const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
  await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
}

async function invoke(handler: Handler, event: unknown): Promise<void> {
  const { batchItemFailures } = await handler(event);
  if (batchItemFailures.length > 0) {
    throw new Error('a function failed: run with LOG_LEVEL=INFO to see why');
  }
}

let records = 0;

function kinesisRecord(events: readonly Event[]) {
  records += 1;
  return {
    eventID: `shardId-000000000000:${records}`,
    kinesis: {
      sequenceNumber: String(10_000_000 + records),
      partitionKey: 'bench',
      data: Buffer.from(encodeRecord({ v: 1, kind: 'events', events })).toString('base64'),
      approximateArrivalTimestamp: Date.now() / 1000,
    },
  };
}

/**
 * An instance of a function: what a container keeps for itself (clients, connections, who waits for whom) it shares
 * with no other. Only now: the clients read the environment.
 */
function loadApart(stem: FunctionName): Handler {
  const require = createRequire(__filename);
  for (const loaded of Object.keys(require.cache)) {
    if (/\/(core|lambdas)\//.test(loaded) && !loaded.includes('node_modules')) {
      delete require.cache[loaded];
    }
  }
  return require(path.join(__dirname, '../lambdas', functions[stem].handler)).handler;
}

function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}
