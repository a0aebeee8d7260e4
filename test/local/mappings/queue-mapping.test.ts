import { callAws } from '../../../local/aws/call';
import { type Emulators, startEmulators } from '../../../local/aws/emulators';
import type { InvocationOutcome } from '../../../local/functions/invocation';
import { QueueMapping, type QueueMappingSettings } from '../../../local/mappings/queue-mapping';
import { until } from '../../support/until';
import { makeJournal } from '../fixtures/assembly';
import { FakeFunction, failed, returned } from '../fixtures/fake-function';

let emulators: Emulators;
let endpoint: string;
const mappings: QueueMapping[] = [];

beforeAll(async () => {
  emulators = await startEmulators(undefined, () => undefined);
  endpoint = emulators.endpoints.sqs;
});
afterEach(() => Promise.all(mappings.splice(0).map((mapping) => mapping.stop())));
afterAll(() => emulators.close());

const sqs = <T = unknown>(operation: string, input: object) => callAws<T>('sqs', endpoint, operation, input);

let queues = 0;

async function makeQueue(attributes: Record<string, string> = {}): Promise<{ url: string; arn: string }> {
  queues += 1;
  const name = `queue-${queues}`;
  const { QueueUrl } = await sqs<{ QueueUrl: string }>('CreateQueue', {
    QueueName: name,
    Attributes: { VisibilityTimeout: '1', ...attributes },
  });
  return { url: QueueUrl, arn: `arn:aws:sqs:us-east-1:000000000000:${name}` };
}

const send = (url: string, MessageBody: string, more: object = {}) =>
  sqs('SendMessage', { QueueUrl: url, MessageBody, ...more });

async function count(url: string): Promise<number> {
  const { Attributes } = await sqs<{ Attributes: Record<string, string> }>('GetQueueAttributes', {
    QueueUrl: url,
    AttributeNames: ['All'],
  });
  return (
    Number(Attributes.ApproximateNumberOfMessages) +
    Number(Attributes.ApproximateNumberOfMessagesNotVisible) +
    Number(Attributes.ApproximateNumberOfMessagesDelayed)
  );
}

interface Message {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

function map(
  queue: { url: string; arn: string },
  rule: (messages: Message[]) => InvocationOutcome | Promise<InvocationOutcome>,
  overrides: Partial<QueueMappingSettings> = {},
) {
  const fn = new FakeFunction((event) => rule(JSON.parse(event).Records));
  const mapping = new QueueMapping({
    fn,
    endpoint,
    queueUrl: queue.url,
    queueArn: queue.arn,
    batchSize: 10,
    concurrency: 2,
    reportsFailures: true,
    journal: makeJournal().journal,
    ...overrides,
  });
  mapping.start();
  mappings.push(mapping);
  return { fn, mapping };
}

const success = returned({ batchItemFailures: [] });

describe('QueueMapping', () => {
  it('feeds messages as Lambda’s event and deletes them once they are done', async () => {
    const queue = await makeQueue();
    const seen: Message[] = [];
    map(queue, (messages) => {
      seen.push(...messages);
      return success;
    });
    await send(queue.url, 'body', {
      MessageAttributes: { kind: { DataType: 'String', StringValue: 'x' } },
    });
    await until(async () => seen.length === 1 && (await count(queue.url)) === 0);
    expect(seen[0]).toMatchObject({
      messageId: expect.any(String),
      receiptHandle: expect.any(String),
      body: 'body',
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: expect.any(String),
      },
      messageAttributes: { kind: { dataType: 'String', stringValue: 'x' } },
      eventSource: 'aws:sqs',
      eventSourceARN: queue.arn,
    });
  });

  it('gives queue URLs that the SDK can call: with the address, not a name to look up', async () => {
    const { url } = await makeQueue();
    expect(url).toBe(`${endpoint}/000000000000/queue-${queues}`);
    const { QueueUrls } = await sqs<{ QueueUrls: string[] }>('ListQueues', {});
    expect(QueueUrls).toContain(url);
  });

  it('deletes what succeeded alone; what failed comes again after the visibility time-out', async () => {
    const queue = await makeQueue();
    const done: string[] = [];
    let failures = 0;
    map(queue, (messages) => {
      const bad = messages.filter(({ body }) => body === 'bad' && failures < 1);
      failures += bad.length;
      done.push(...messages.filter((message) => !bad.includes(message)).map(({ body }) => body));
      return returned({ batchItemFailures: bad.map(({ messageId }) => ({ itemIdentifier: messageId })) });
    });
    await Promise.all(['a', 'bad', 'b'].map((body) => send(queue.url, body)));
    await until(async () => done.length === 3 && (await count(queue.url)) === 0);
    expect(done.sort()).toEqual(['a', 'b', 'bad']);
  });

  it.each<[string, InvocationOutcome]>([
    ['throws', failed],
    ['is killed', { kind: 'crashed', message: 'exit code 1' }],
    ['reports a foreign message', returned({ batchItemFailures: [{ itemIdentifier: 'foreign' }] })],
  ])('keeps every message of a batch when the function %s', async (_how, outcome) => {
    const queue = await makeQueue();
    const { fn } = map(queue, () => outcome);
    await Promise.all(['a', 'b'].map((body) => send(queue.url, body)));
    await until(() => fn.events.length >= 2);
    expect(await count(queue.url)).toBe(2);
  });

  it('lets the queue bury a message after too many receives', async () => {
    const dead = await makeQueue();
    const queue = await makeQueue({
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 2 }),
    });
    const { fn } = map(queue, () => failed);
    await send(queue.url, 'poison');
    await until(async () => (await count(dead.url)) === 1);
    expect(fn.events.length).toBe(2);
    expect(await count(queue.url)).toBe(0);
  });

  it('delivers a delayed message when its delay is over', async () => {
    const queue = await makeQueue();
    const { fn } = map(queue, () => success);
    const sentAt = Date.now();
    await send(queue.url, 'later', { DelaySeconds: 1 });
    await until(() => fn.events.length === 1);
    expect(Date.now() - sentAt).toBeGreaterThanOrEqual(950);
  });

  it('never runs more batches at a time than the mapping allows', async () => {
    const queue = await makeQueue();
    let running = 0;
    let most = 0;
    let done = 0;
    map(
      queue,
      async (messages) => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 50));
        running -= 1;
        done += messages.length;
        return success;
      },
      { batchSize: 1, concurrency: 3 },
    );
    await Promise.all(Array.from({ length: 12 }, (_, index) => send(queue.url, String(index))));
    await until(() => done === 12);
    expect(most).toBe(3);
  });

  describe('with a window', () => {
    const bodies = (count: number) => Array.from({ length: count }, (_, index) => `m${index}`);

    it('gathers more messages than one call hands out, and deletes them all', async () => {
      const queue = await makeQueue({ VisibilityTimeout: '60' });
      await Promise.all(bodies(24).map((body) => send(queue.url, body)));
      const batches: string[][] = [];
      map(
        queue,
        (messages) => {
          batches.push(messages.map(({ body }) => body));
          return success;
        },
        { batchSize: 24, windowSeconds: 30 },
      );
      await until(async () => batches.length > 0 && (await count(queue.url)) === 0);
      expect(batches.map((batch) => [...batch].sort())).toEqual([bodies(24).sort()]);
    });

    it('hands over what there is when the window closes', async () => {
      const queue = await makeQueue({ VisibilityTimeout: '60' });
      await Promise.all(bodies(3).map((body) => send(queue.url, body)));
      const { fn } = map(queue, () => success, { batchSize: 100, windowSeconds: 1 });
      await until(async () => (await count(queue.url)) === 0);
      expect(JSON.parse(fn.events[0] ?? '').Records).toHaveLength(3);
    });
  });

  it('stops at once while it waits for messages', async () => {
    const queue = await makeQueue();
    const { mapping } = map(queue, () => success);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const startedAt = Date.now();
    await mapping.stop();
    expect(Date.now() - startedAt).toBeLessThan(500);
  });
});
