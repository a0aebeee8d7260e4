import {
  ReceiveMessageCommand,
  type SendMessageBatchCommandInput,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { DeliveryMessage } from '../../../core/webhooks/deliveries/delivery';
import { makeSqsDeliveryQueue } from '../../../lambdas/aws/sqs-delivery-queue';
import { createQueue, type Emulators, sqsClient, startEmulators } from '../../support/emulators';
import { anEvent } from '../../support/memory-dispatch';

function aMessage(subscriptionId: string, differences: Partial<DeliveryMessage> = {}): DeliveryMessage {
  return {
    v: 1,
    eventId: 'e1',
    subscriptionId,
    run: 0,
    topic: 'manage/orders',
    order: 'order',
    attempt: 1,
    ...differences,
  };
}

const now = (message: DeliveryMessage) => ({ message, delaySeconds: 0 });

describe('makeSqsDeliveryQueue, on the emulator', () => {
  let emulators: Emulators;
  let client: SQSClient;
  let queueUrl: string;

  beforeAll(async () => {
    emulators = await startEmulators();
    client = sqsClient(emulators.sqsUrl);
    queueUrl = await createQueue(emulators.sqsUrl, 'deliveries');
  });

  afterAll(async () => {
    client.destroy();
    await emulators.stop();
  });

  async function receiveAll(): Promise<string[]> {
    const received: string[] = [];
    for (;;) {
      const { Messages } = await client.send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }),
      );
      if (!Messages?.length) {
        return received;
      }
      received.push(...Messages.map(({ Body }) => Body as string));
    }
  }

  it('carries every message as ASCII, whatever characters it holds', async () => {
    const strange = anEvent('e1', {
      subject: '\u0000\u0008\ufffe\uffff\ud800 é 漢 🙂',
      dataJson: '"\u2028"',
    });
    const messages = Array.from({ length: 23 }, (_, index) => aMessage(`sub_${index}`, { event: strange }));
    await makeSqsDeliveryQueue(client, queueUrl).send(messages.map(now));
    const received = await receiveAll();
    const parsed = received.map((body) => JSON.parse(body) as DeliveryMessage);
    expect(new Set(parsed.map(({ subscriptionId }) => subscriptionId)).size).toBe(23);
    expect(parsed[0]?.event).toEqual(strange);
    expect(received.filter((body) => !/^[\x20-\x7e]+$/.test(body))).toEqual([]);
  });

  it('holds a message back', async () => {
    await makeSqsDeliveryQueue(client, queueUrl).send([{ message: aMessage('sub_a'), delaySeconds: 1 }]);
    await expect(receiveAll()).resolves.toHaveLength(0);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    await expect(receiveAll()).resolves.toHaveLength(1);
  });
});

describe('makeSqsDeliveryQueue', () => {
  /** A queue that refuses each entry until `refuses` says otherwise. */
  function refusingQueue(refuses: (body: string, tries: number) => boolean) {
    const calls: SendMessageBatchCommandInput[] = [];
    const taken: string[] = [];
    const tries = new Map<string, number>();
    const client = {
      async send({ input }: { input: SendMessageBatchCommandInput }) {
        calls.push(input);
        const failed = (input.Entries ?? []).filter(({ MessageBody }) => {
          const body = MessageBody as string;
          tries.set(body, (tries.get(body) ?? 0) + 1);
          const refused = refuses(body, tries.get(body) as number);
          if (!refused) {
            taken.push(body);
          }
          return refused;
        });
        return { Failed: failed.map(({ Id }) => ({ Id, Code: 'Throttled', SenderFault: false })) };
      },
    } as unknown as SQSClient;
    return { client, calls, taken };
  }

  it('sends again what was refused one by one, and nothing that was taken', async () => {
    const queue = refusingQueue((body, tries) => body.includes('sub_1') && tries < 4);
    const pauses: number[] = [];
    const messages = Array.from({ length: 12 }, (_, index) => aMessage(`sub_${index}`));
    await makeSqsDeliveryQueue(queue.client, 'url', async (pause) => pauses.push(pause)).send(
      messages.map(now),
    );
    expect(queue.taken).toHaveLength(12);
    expect(new Set(queue.taken).size).toBe(12);
    expect(pauses.length).toBeGreaterThan(0);
    expect(
      queue.calls.every(({ Entries }) => new Set(Entries?.map(({ Id }) => Id)).size === Entries?.length),
    ).toBe(true);
  });

  it('puts each message into the group of its subscription', async () => {
    const queue = refusingQueue(() => false);
    await makeSqsDeliveryQueue(queue.client, 'url').send([now(aMessage('sub_a')), now(aMessage('sub_b'))]);
    expect(queue.calls[0]?.Entries?.map(({ MessageGroupId }) => MessageGroupId)).toEqual(['sub_a', 'sub_b']);
  });

  it('gives up when the queue refuses for long, so that the stream repeats the batch', async () => {
    const queue = refusingQueue(() => true);
    const sending = makeSqsDeliveryQueue(queue.client, 'url', async () => undefined).send([
      now(aMessage('sub_a')),
    ]);
    await expect(sending).rejects.toThrow('refused 1 messages 8 times');
  });

  it('keeps a call within ten messages and 256 kB', async () => {
    const queue = refusingQueue(() => false);
    const event = anEvent('e1', { dataJson: JSON.stringify('é'.repeat(16_000)) });
    const messages = Array.from({ length: 35 }, (_, index) =>
      aMessage(`sub_${index}`, index % 2 ? { event } : {}),
    );
    await makeSqsDeliveryQueue(queue.client, 'url').send(messages.map(now));
    expect(queue.taken).toHaveLength(35);
    for (const { Entries } of queue.calls) {
      expect(Entries?.length).toBeLessThanOrEqual(10);
      const bytes = Entries?.reduce((sum, { MessageBody }) => sum + (MessageBody as string).length, 0);
      expect(bytes).toBeLessThanOrEqual(256 * 1024);
    }
  });
});
