import { ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { BatchWriteCommand, DynamoDBDocumentClient, GetCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { KinesisStreamEvent } from 'aws-lambda';
import type { StreamRecord } from '../../../core/stream-record';
import type { DeliveryMessage } from '../../../core/webhooks/deliveries/delivery';
import { makeDynamoEventHistory } from '../../../lambdas/aws/dynamo-event-history';
import { toSubscriptionRow } from '../../../lambdas/aws/subscription-row';
import { handler, makeDispatchEvents } from '../../../lambdas/events/dispatch-events';
import {
  createQueue,
  createTables,
  dynamodbClient,
  type Emulators,
  sqsClient,
  startEmulators,
  useEmulators,
} from '../../support/emulators';
import {
  anEvent,
  aRecord,
  MemoryDeliveryQueue,
  MemoryDuplicateClaims,
  MemoryEventHistory,
  MemoryFanOutMarkers,
  MemoryUnprocessableRecords,
  memoryNumbers,
} from '../../support/memory-dispatch';
import { MemorySubscriptionStore } from '../../support/memory-registry';
import { aSubscription } from '../../support/subscriptions';

describe('dispatch-events, on the emulators', () => {
  let emulators: Emulators;
  let client: DynamoDBDocumentClient;
  let queue: SQSClient;
  let queueUrl: string;

  beforeAll(async () => {
    emulators = await startEmulators();
    useEmulators(emulators);
    await createTables(emulators.dynamodbUrl);
    queueUrl = await createQueue(emulators.sqsUrl, 'deliveries');
    Object.assign(process.env, {
      REGISTRY_TABLE_NAME: 'registry',
      EVENTS_TABLE_NAME: 'events',
      DELIVERIES_QUEUE_URL: queueUrl,
    });
    client = DynamoDBDocumentClient.from(dynamodbClient(emulators.dynamodbUrl), {
      marshallOptions: { removeUndefinedValues: true },
    });
    queue = sqsClient(emulators.sqsUrl);
  });

  afterAll(async () => {
    client.destroy();
    queue.destroy();
    await emulators.stop();
  });

  async function subscribe(topic: string, count: number): Promise<void> {
    const rows = Array.from({ length: count }, (_, index) =>
      toSubscriptionRow(
        aSubscription({ id: `sub_${topic}${index}`, topic: { door: 'manage', name: topic } }),
      ),
    );
    for (let from = 0; from < count; from += 25) {
      const puts = rows.slice(from, from + 25).map((Item) => ({ PutRequest: { Item } }));
      await client.send(new BatchWriteCommand({ RequestItems: { registry: puts } }));
    }
  }

  async function receiveAll(): Promise<DeliveryMessage[]> {
    const messages: DeliveryMessage[] = [];
    for (;;) {
      const { Messages } = await queue.send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 600 }),
      );
      if (!Messages?.length) {
        return messages;
      }
      messages.push(...Messages.map(({ Body }) => JSON.parse(Body as string) as DeliveryMessage));
    }
  }

  it('fans an event out to 5 000 subscriptions, once, and keeps the count and the event', async () => {
    await subscribe('busy', 5000);
    const event = anEvent('busy-1', { topic: { door: 'manage', name: 'busy' } });
    const record = aRecord([event]);
    const startedAt = performance.now();
    await expect(handler(kinesisEvent(record))).resolves.toEqual({ batchItemFailures: [] });
    expect(performance.now() - startedAt).toBeLessThan(25_000);
    const messages = await receiveAll();
    expect(messages).toHaveLength(5000);
    expect(new Set(messages.map(({ subscriptionId }) => subscriptionId)).size).toBe(5000);
    const key = { partition: 'event#busy-1', sort: 'marker' };
    const { Item } = await client.send(new GetCommand({ TableName: 'events', Key: key }));
    expect(Item).toMatchObject({
      winning_sequence_number: record.sequenceNumber,
      winning_shard_id: record.shardId,
      topic: 'manage/busy',
      fanned_out: 5000,
    });
    const history = makeDynamoEventHistory(client, 'events');
    const { topic, order, eventId } = messages[0] as DeliveryMessage;
    await expect(history.read({ topic, order, eventId })).resolves.toEqual(event);
  }, 60_000);

  it('consumes poison with its reason, and dispatches what stands around it', async () => {
    await subscribe('calm', 2);
    const topic = { door: 'manage', name: 'calm' } as const;
    const records = [
      aRecord([anEvent('calm-1', { topic })]),
      aRecord(Buffer.from([0x1f, 0x8b, 0])),
      aRecord([anEvent('calm-2', { topic })]),
    ];
    await expect(handler(kinesisEvent(...records))).resolves.toEqual({ batchItemFailures: [] });
    expect((await receiveAll()).map(({ eventId }) => eventId).sort()).toEqual([
      'calm-1',
      'calm-1',
      'calm-2',
      'calm-2',
    ]);
    const { Items } = await client.send(
      new ScanCommand({ TableName: 'events', FilterExpression: 'attribute_exists(reason)' }),
    );
    expect(Items).toMatchObject([{ sort: records[1]?.sequenceNumber, reason: 'not readable as gzip' }]);
  });

  it('asks for the whole batch again when the queue is gone', async () => {
    const { queue: deliveries, ...ports } = memoryPorts();
    jest.spyOn(deliveries, 'send').mockRejectedValueOnce(new Error('no queue'));
    await ports.subscriptions.create(aSubscription());
    const dispatch = makeDispatchEvents({ queue: deliveries, ...ports }, () => undefined, Date.now);
    const records = [aRecord([anEvent('e1')]), aRecord([anEvent('e2')])];
    await expect(dispatch(records)).rejects.toThrow('no queue');
    await dispatch(records);
    expect(deliveries.messages.map(({ message }) => message.eventId)).toEqual(['e1', 'e2']);
  });
});

describe('dispatch-events, a record that takes the process down', () => {
  const arrivedAt = '2026-11-20T10:00:00.000Z';
  const old = () => Date.parse(arrivedAt) + 60_000;

  it('keeps it as unprocessable after its fourth try, and counts it', async () => {
    const ports = memoryPorts();
    const report = jest.fn();
    const dispatch = makeDispatchEvents(ports, report, old);
    const killer = aRecord([anEvent('e1')], { arrivedAt });
    // A process that dies neither returns nor throws.
    const died = jest.spyOn(ports.markers, 'claim').mockReturnValue(new Promise(() => undefined));
    for (let tries = 0; tries < 3; tries += 1) {
      void dispatch([killer]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    died.mockRestore();
    await dispatch([killer]);
    expect([...ports.unprocessable.reasons.values()]).toEqual([expect.stringContaining('every time')]);
    expect(report).toHaveBeenLastCalledWith([expect.objectContaining({ state: 'unprocessable' })]);
    expect(ports.queue.messages).toEqual([]);
  });

  it('never gives a record up because a store fails, however long', async () => {
    const ports = memoryPorts();
    await ports.subscriptions.create(aSubscription());
    const dispatch = makeDispatchEvents(ports, () => undefined, old);
    const record = aRecord([anEvent('e1')], { arrivedAt });
    const outage = jest.spyOn(ports.markers, 'claim').mockRejectedValue(new Error('outage'));
    for (let tries = 0; tries < 10; tries += 1) {
      await expect(dispatch([record])).rejects.toThrow('outage');
    }
    outage.mockRestore();
    await dispatch([record]);
    expect(ports.queue.messages).toHaveLength(1);
  });
});

function memoryPorts() {
  const tries = new Map<string, number>();
  return {
    subscriptions: new MemorySubscriptionStore(),
    duplicates: new MemoryDuplicateClaims(),
    numbers: memoryNumbers(),
    markers: new MemoryFanOutMarkers(),
    history: new MemoryEventHistory(),
    queue: new MemoryDeliveryQueue(),
    unprocessable: new MemoryUnprocessableRecords(),
    crashMarkers: {
      async mark({ sequenceNumber }: { sequenceNumber: string }) {
        tries.set(sequenceNumber, (tries.get(sequenceNumber) ?? 0) + 1);
        return tries.get(sequenceNumber) as number;
      },
      async clear({ sequenceNumber }: { sequenceNumber: string }) {
        tries.delete(sequenceNumber);
      },
    },
  };
}

function kinesisEvent(...records: StreamRecord[]): KinesisStreamEvent {
  return {
    Records: records.map(({ sequenceNumber, shardId, partitionKey, data, arrivedAt }) => ({
      eventID: `${shardId}:${sequenceNumber}`,
      kinesis: {
        sequenceNumber,
        partitionKey,
        data: Buffer.from(data).toString('base64'),
        approximateArrivalTimestamp: Date.parse(arrivedAt) / 1000,
      },
    })),
  } as unknown as KinesisStreamEvent;
}
