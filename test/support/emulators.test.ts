import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { DescribeStreamSummaryCommand } from '@aws-sdk/client-kinesis';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { tables } from '../../lambdas/tables';
import {
  createQueue,
  createStream,
  createTables,
  dynamodbClient,
  type Emulators,
  kinesisClient,
  sqsClient,
  startEmulators,
} from './emulators';

describe('the emulators of the tests', () => {
  let emulators: Emulators;
  beforeAll(async () => {
    emulators = await startEmulators();
  });
  afterAll(() => emulators.stop());

  it('make every table of the map', async () => {
    await createTables(emulators.dynamodbUrl);
    const client = dynamodbClient(emulators.dynamodbUrl);
    const { TableNames } = await client.send(new ListTablesCommand({}));
    expect(TableNames).toEqual(Object.keys(tables).sort());
    client.destroy();
  });

  it('make streams and queues', async () => {
    await createStream(emulators.kinesisUrl, 'changes', 2);
    const kinesis = kinesisClient(emulators.kinesisUrl);
    const summary = await kinesis.send(new DescribeStreamSummaryCommand({ StreamName: 'changes' }));
    expect(summary.StreamDescriptionSummary?.OpenShardCount).toBe(2);
    const sqs = sqsClient(emulators.sqsUrl);
    const url = await createQueue(emulators.sqsUrl, 'deliveries');
    const sent = await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'a' }));
    expect(sent.MessageId).toBeDefined();
    kinesis.destroy();
    sqs.destroy();
  });
});
