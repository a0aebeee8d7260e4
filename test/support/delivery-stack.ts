import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { makeDynamoDeliveryStore } from '../../lambdas/aws/dynamo-delivery-store';
import {
  createQueue,
  createStream,
  createTables,
  dynamodbClient,
  sqsClient,
  startEmulators,
  useEmulators,
} from './emulators';

/** What the functions of the delivery engine run on, with the environment set as a deployment would. */
export async function startDeliveryStack() {
  const emulators = await startEmulators();
  useEmulators(emulators);
  const tables = await createTables(emulators.dynamodbUrl);
  await createStream(emulators.kinesisUrl, 'events');
  const queueUrl = await createQueue(emulators.sqsUrl, 'deliveries');
  const deadLetterUrl = await createQueue(emulators.sqsUrl, 'dead-letters');
  Object.assign(process.env, {
    REGISTRY_TABLE_NAME: tables.registry,
    EVENTS_TABLE_NAME: tables.events,
    DELIVERIES_TABLE_NAME: tables.deliveries,
    DELIVERIES_QUEUE_URL: queueUrl,
    DEAD_LETTER_QUEUE_URL: deadLetterUrl,
    EVENTS_STREAM_NAME: 'events',
    NOTICES_QUEUE_URL: '',
    ALLOW_PRIVATE_TARGETS: 'true',
    FORWARD_PROXY: '',
    TARGET_ARNS: '',
    PUBLISH_QUEUE_URL: '',
    RESEND_DEAD_LETTERS_AFTER_MINUTES: '0',
    LOG_LEVEL: 'SILENT',
  });
  const documents = DynamoDBDocumentClient.from(dynamodbClient(emulators.dynamodbUrl), {
    marshallOptions: { removeUndefinedValues: true },
  });
  const sqs = sqsClient(emulators.sqsUrl);

  return {
    tables,
    documents,
    sqs,
    queueUrl,
    deadLetterUrl,
    deliveries: makeDynamoDeliveryStore(documents, tables.deliveries),

    /** Takes up to ten messages off a queue. */
    async drain(url: string): Promise<unknown[]> {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }),
      );
      await Promise.all(
        Messages.map(({ ReceiptHandle }: Message) =>
          sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle })),
        ),
      );
      return Messages.map(({ Body }: Message) => JSON.parse(Body ?? ''));
    },

    /** How many messages a queue holds, hidden ones included. */
    async countMessages(url: string): Promise<number> {
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl: url,
          AttributeNames: ['ApproximateNumberOfMessagesNotVisible', 'ApproximateNumberOfMessages'],
        }),
      );
      return Object.values(Attributes ?? {}).reduce((sum, count) => sum + Number(count), 0);
    },

    async stop() {
      documents.destroy();
      sqs.destroy();
      await emulators.stop();
    },
  };
}

export type DeliveryStack = Awaited<ReturnType<typeof startDeliveryStack>>;
