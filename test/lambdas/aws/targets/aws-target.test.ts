import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetRecordsCommand, GetShardIteratorCommand } from '@aws-sdk/client-kinesis';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { verifyWebhook } from '../../../../core/webhooks/requests/signature';
import { makeWebhookRequest } from '../../../../core/webhooks/requests/webhook-request';
import { makeAwsTarget } from '../../../../lambdas/aws/targets/aws-target';
import { anEvent, aSubscription } from '../../../support/deliveries';
import {
  createQueue,
  createStream,
  type Emulators,
  kinesisClient,
  resolveLocalhosts,
  sqsClient,
  startEmulators,
  useEmulators,
} from '../../../support/emulators';

const region = 'eu-central-1';
const account = '000000000000';
const arnOf = (service: string, resource: string) => `arn:aws:${service}:${region}:${account}:${resource}`;
const arns = [
  ...['orders', 'orders.fifo', 'vanished'].map((name) => arnOf('sqs', name)),
  ...['news', 'news.fifo', 'vanished'].map((name) => arnOf('sns', name)),
  ...['stream/changes', 'stream/vanished'].map((name) => arnOf('kinesis', name)),
  arnOf('events', 'event-bus/default'),
];
const target = makeAwsTarget({ account, region, arns });

let emulators: Emulators;
let sqs: SQSClient;
let forgetLocalhosts: () => void;
let bus: Server;
const put: { entries: Record<string, unknown>[]; target: string | undefined }[] = [];
let busAnswers: (entries: readonly unknown[]) => { status: number; body: object };

beforeAll(async () => {
  emulators = await startEmulators();
  useEmulators(emulators);
  sqs = sqsClient(emulators.sqsUrl);
  const queueUrl = await createQueue(emulators.sqsUrl, 'orders');
  await createQueue(emulators.sqsUrl, 'orders.fifo', { FifoQueue: 'true' });
  forgetLocalhosts = resolveLocalhosts();
  process.env.AWS_ENDPOINT_URL_SQS = new URL(queueUrl).origin;
  await createStream(emulators.kinesisUrl, 'changes');
  await startBus();
});

afterAll(async () => {
  bus.close();
  bus.closeAllConnections();
  sqs.destroy();
  forgetLocalhosts();
  await emulators.stop();
});

/** EventBridge has no emulator here: a stub that keeps what is put, and answers as it is told. */
async function startBus(): Promise<void> {
  bus = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const { Entries } = JSON.parse(Buffer.concat(chunks).toString());
      put.push({ entries: Entries, target: request.headers['x-amz-target'] as string });
      const { status, body } = busAnswers(Entries);
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => bus.listen(0, '127.0.0.1', resolve));
  process.env.AWS_ENDPOINT_URL_EVENTBRIDGE = `http://127.0.0.1:${(bus.address() as AddressInfo).port}`;
}

beforeEach(() => {
  busAnswers = () => ({ status: 200, body: { FailedEntryCount: 0, Entries: [{ EventId: 'e-1' }] } });
  put.length = 0;
});

const subscription = (arn: string) => aSubscription({ target: arn, headers: {} });
const request = (arn: string, event = anEvent()) => makeWebhookRequest(subscription(arn), event, new Date());
const post = (arn: string, event = anEvent()) => target.post(request(arn, event));

async function receive(name: string): Promise<Message[]> {
  const QueueUrl = `${process.env.AWS_ENDPOINT_URL_SQS}/${account}/${name}`;
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    }),
  );
  for (const { ReceiptHandle } of Messages) {
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  }
  return Messages;
}

/** The attributes as headers are: what a consumer hands to a library of Standard Webhooks. */
function headersOf({ MessageAttributes = {} }: Message): Record<string, string> {
  return Object.fromEntries(
    Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue ?? '']),
  );
}

function verify(headers: Record<string, string>, body: string) {
  const secrets = aSubscription().secrets.map(({ secret }) => secret);
  return verifyWebhook({ headers, body: Buffer.from(body), secrets, nowSeconds: Date.now() / 1000 });
}

describe('an SQS queue', () => {
  it('gets the body, and the headers as attributes, by which the message verifies', async () => {
    const result = await post(arnOf('sqs', 'orders'));
    expect(result).toEqual({ status: 200, answer: expect.any(String), milliseconds: expect.any(Number) });
    const [message] = await receive('orders');
    expect(message).toMatchObject({ MessageId: (result as { answer: string }).answer });
    expect(JSON.parse(message!.Body!)).toMatchObject({ type: 'profile.created', data: { a: 1 } });
    expect(headersOf(message!)).toMatchObject({ 'webhook-id': anEvent().id, type: 'profile.created' });
    expect(verify(headersOf(message!), message!.Body!)).toMatchObject({ verified: true });
  });

  it('takes what its service would refuse unescaped, and it still verifies', async () => {
    const event = anEvent({ dataJson: '{"odd":"\uFFFE\uFFFF"}' });
    expect(await post(arnOf('sqs', 'orders'), event)).toMatchObject({ status: 200 });
    const [message] = await receive('orders');
    expect(JSON.parse(message!.Body!).data).toEqual({ odd: '\uFFFE\uFFFF' });
    expect(verify(headersOf(message!), message!.Body!)).toMatchObject({ verified: true });
  });

  it('that is FIFO orders by subject and takes an event once', async () => {
    const arn = arnOf('sqs', 'orders.fifo');
    const subject = 'somebody with spaces';
    expect(await post(arn, anEvent({ id: 'evt_a', subject: 'ann' }))).toMatchObject({ status: 200 });
    expect(await post(arn, anEvent({ id: 'evt_a', subject: 'ann' }))).toMatchObject({ status: 200 });
    expect(await post(arn, anEvent({ id: 'evt_b', subject }))).toMatchObject({ status: 200 });
    const { subject: _, ...without } = anEvent({ id: 'evt_c' });
    expect(await post(arn, without)).toMatchObject({ status: 200 });
    const messages = [...(await receive('orders.fifo')), ...(await receive('orders.fifo'))];
    expect(messages.map((message) => headersOf(message)['webhook-id'])).toEqual(['evt_a', 'evt_b', 'evt_c']);
    expect(messages.map(({ Attributes }) => Attributes?.MessageGroupId)).toEqual([
      'ann',
      expect.stringMatching(/^[0-9a-f]{64}$/),
      aSubscription().id,
    ]);
    expect(messages[0]?.Attributes?.MessageDeduplicationId).toBe('evt_a');
  });

  it('that is not there answers as a URL that is not', async () => {
    expect(await post(arnOf('sqs', 'vanished'))).toMatchObject({ status: 404, answer: 'QueueDoesNotExist' });
  });

  it('takes 1 MiB, and what is larger is never tried again', async () => {
    const result = await target.post({
      ...request(arnOf('sqs', 'orders')),
      body: Buffer.alloc(1024 * 1024, 'x'),
    });
    expect(result).toMatchObject({ status: 413, isFinal: true });
    expect((result as { answer: string }).answer).toMatch(/^the message has \d+ bytes; SQS takes 1048576$/);
    expect(await receive('orders')).toEqual([]);
  });
});

describe('an SNS topic', () => {
  async function topicWithQueue(topic: string, queue: string, attributes: Record<string, string> = {}) {
    const sns = new SNSClient({
      region,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      endpoint: emulators.sqsUrl,
    });
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: topic, Attributes: attributes }));
    await sns.send(
      new SubscribeCommand({
        TopicArn,
        Protocol: 'sqs',
        Endpoint: arnOf('sqs', queue),
        Attributes: { RawMessageDelivery: 'true' },
      }),
    );
    sns.destroy();
    return TopicArn as string;
  }

  it('hands body and attributes on to its subscribers, who can verify them', async () => {
    const arn = await topicWithQueue('news', 'orders');
    expect(arn).toBe(arnOf('sns', 'news'));
    expect(await post(arn)).toMatchObject({ status: 200, answer: expect.any(String) });
    const [message] = await receive('orders');
    expect(verify(headersOf(message!), message!.Body!)).toMatchObject({ verified: true });
  });

  it('that is FIFO gets its group and its event’s id', async () => {
    const arn = await topicWithQueue('news.fifo', 'orders.fifo', { FifoTopic: 'true' });
    expect(await post(arn, anEvent({ id: 'evt_n', subject: 'ann' }))).toMatchObject({ status: 200 });
    const [message] = await receive('orders.fifo');
    expect(message?.Attributes).toMatchObject({ MessageGroupId: 'ann', MessageDeduplicationId: 'evt_n' });
  });

  it('that is not there answers 404', async () => {
    expect(await post(arnOf('sns', 'vanished'))).toMatchObject({ status: 404 });
  });

  it('takes 256 KiB', async () => {
    const body = Buffer.alloc(256 * 1024, 'x');
    const result = await target.post({ ...request(arnOf('sns', 'news')), body });
    expect(result).toMatchObject({ status: 413, isFinal: true, answer: expect.stringContaining('262144') });
  });
});

describe('a Kinesis stream', () => {
  async function records() {
    const client = kinesisClient(emulators.kinesisUrl);
    const { ShardIterator } = await client.send(
      new GetShardIteratorCommand({
        StreamName: 'changes',
        ShardId: 'shardId-000000000000',
        ShardIteratorType: 'TRIM_HORIZON',
      }),
    );
    const { Records = [] } = await client.send(new GetRecordsCommand({ ShardIterator }));
    client.destroy();
    return Records;
  }

  it('gets the body, by the subject’s key', async () => {
    const result = await post(arnOf('kinesis', 'stream/changes'), anEvent({ subject: 'ann' }));
    expect(result).toMatchObject({ status: 200, answer: expect.stringMatching(/^\d+$/) });
    const [record] = await records();
    expect(record?.PartitionKey).toBe('ann');
    expect(JSON.parse(Buffer.from(record!.Data!).toString())).toMatchObject({ data: { a: 1 } });
  });

  it('that is not there answers 404; a megabyte is too much', async () => {
    const arn = arnOf('kinesis', 'stream/vanished');
    expect(await post(arn)).toMatchObject({ status: 404, answer: 'ResourceNotFoundException' });
    const large = { ...request(arn), body: Buffer.alloc(1024 * 1024, 'x') };
    expect(await target.post(large)).toMatchObject({ status: 413, isFinal: true });
  });
});

describe('an EventBridge bus', () => {
  const arn = arnOf('events', 'event-bus/default');

  it('gets the body as the detail, with the type and the ids', async () => {
    const event = anEvent({ subject: 'ann' });
    expect(await post(arn, event)).toMatchObject({ status: 200, answer: 'e-1' });
    expect(put).toMatchObject([{ target: 'AWSEvents.PutEvents', entries: [{ EventBusName: arn }] }]);
    const [entry] = put[0]!.entries;
    expect(entry).toMatchObject({ Source: 'changewire', DetailType: 'profile.created' });
    expect(entry!.Resources).toEqual([
      `changewire:event:${event.id}`,
      `changewire:subscription:${aSubscription().id}`,
    ]);
    expect(JSON.parse(String(entry!.Detail))).toMatchObject({ type: 'profile.created', data: { a: 1 } });
    expect(entry!.Time).toBe(Date.parse(event.time) / 1000);
  });

  it('that refuses the entry in a call that succeeds has not got it', async () => {
    busAnswers = () => ({
      status: 200,
      body: { FailedEntryCount: 1, Entries: [{ ErrorCode: 'InternalFailure', ErrorMessage: 'hush' }] },
    });
    expect(await post(arn)).toMatchObject({ status: 503, answer: 'InternalFailure' });
    busAnswers = () => ({ status: 200, body: {} });
    expect(await post(arn)).toMatchObject({ status: 503 });
  });

  it('that may not be used says so, without what the service quotes', async () => {
    busAnswers = () => ({ status: 400, body: { __type: 'AccessDeniedException', message: 'token hush' } });
    const result = await post(arn);
    expect(result).toMatchObject({ status: 403, answer: 'AccessDeniedException' });
    expect(JSON.stringify(result)).not.toContain('hush');
  });

  it('takes 256 KiB', async () => {
    const result = await target.post({ ...request(arn), body: Buffer.alloc(256 * 1024, 'x') });
    expect(result).toMatchObject({ status: 413, isFinal: true });
    expect(put).toEqual([]);
  });

  it('that never answers times out', async () => {
    busAnswers = () => ({ status: 200, body: {} });
    bus.removeAllListeners('request');
    const result = await target.post({ ...request(arn), timeoutSeconds: 0.3 });
    expect(result).toMatchObject({ failure: 'timeout' });
  });
});

describe('an ARN that is not listed', () => {
  it.each([
    arnOf('sqs', 'payments'),
    `arn:aws:sqs:${region}:999999999999:orders`,
    `arn:aws:sqs:us-east-1:${account}:orders`,
    'arn:aws:lambda:eu-central-1:000000000000:function:f',
    'arn:',
  ])('is not called: %s', async (arn) => {
    const refused = { ...request(arnOf('sqs', 'orders')), url: arn };
    expect(await target.post(refused)).toEqual({
      failure: 'target_refused',
      milliseconds: expect.any(Number),
    });
  });

  it('is not called either when the setting was narrowed since the subscription was made', async () => {
    const narrowed = makeAwsTarget({ account, region, arns: [] });
    expect(await narrowed.post(request(arnOf('sqs', 'orders')))).toMatchObject({ failure: 'target_refused' });
  });
});
