import type { SQSClient } from '@aws-sdk/client-sqs';
import { dispatchEvents } from '../../../core/events/dispatch-events';
import type { Subscription } from '../../../core/topics/subscriptions/subscription';
import { makeSqsDeliveryQueue } from '../../../lambdas/aws/sqs-delivery-queue';
import {
  anEvent,
  aRecord,
  MemoryDuplicateClaims,
  MemoryEventHistory,
  MemoryFanOutMarkers,
  MemoryUnprocessableRecords,
  memoryNumbers,
} from '../../support/memory-dispatch';
import { MemorySubscriptionStore } from '../../support/memory-registry';
import { aSubscription } from '../../support/subscriptions';

const MEGABYTE = 1024 * 1024;
const NOW = Date.parse('2026-11-20T12:00:00.000Z');

/** A queue's client that takes a while, forgets what it was sent and watches what that costs. */
class WatchedQueue {
  calls = 0;
  messages = 0;
  mostAtOnce = 0;
  mostHeap = 0;
  readonly subscriptions = new Set<string>();
  private atOnce = 0;

  readonly client = {
    send: async ({ input }: { input: { Entries: { MessageGroupId: string; MessageBody: string }[] } }) => {
      this.calls += 1;
      this.atOnce += 1;
      this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce);
      this.mostHeap = Math.max(this.mostHeap, process.memoryUsage().heapUsed);
      this.messages += input.Entries.length;
      for (const { MessageGroupId } of input.Entries) {
        this.subscriptions.add(MessageGroupId);
      }
      await new Promise((resolve) => setImmediate(resolve));
      this.atOnce -= 1;
      return {};
    },
  } as unknown as SQSClient;
}

async function fanOut(subscriptions: readonly Subscription[], dataJson: string) {
  const registry = new MemorySubscriptionStore();
  for (const subscription of subscriptions) {
    registry.subscriptions.set(subscription.id, subscription);
  }
  const ofTopic = jest.spyOn(registry, 'ofTopic');
  const queue = new WatchedQueue();
  const markers = new MemoryFanOutMarkers();
  const before = process.memoryUsage().heapUsed;
  const [ending] = await dispatchEvents(
    [aRecord([anEvent('evt_1', { dataJson })])],
    {
      ...{ subscriptions: registry, markers, numbers: memoryNumbers() },
      ...{ duplicates: new MemoryDuplicateClaims(), history: new MemoryEventHistory() },
      ...{ unprocessable: new MemoryUnprocessableRecords() },
      queue: makeSqsDeliveryQueue(queue.client, 'https://sqs.example/deliveries'),
    },
    NOW,
  );
  return { ending, queue, ofTopic, markers, growth: queue.mostHeap - before };
}

function many(count: number, differences: (index: number) => Partial<Subscription> = () => ({})) {
  return Array.from({ length: count }, (_, index) =>
    aSubscription({ id: `sub_${index.toString(36).padStart(16, '0')}`, ...differences(index) }),
  );
}

describe('fan-out of one event', () => {
  it.each([
    // What is inlined goes into every message: ten of them, or 256 kB, to a call.
    ['a small event', `{"text":"${'x'.repeat(100)}"}`, 500],
    ['the largest event that is inlined', `{"text":"${'x'.repeat(15_000)}"}`, 500],
    ['a large event', `{"text":"${'x'.repeat(200_000)}"}`, 500],
  ])(
    'takes %s to 5000 subscriptions in as few calls as can be, some at a time',
    async (_, dataJson, calls) => {
      const { ending, queue, growth } = await fanOut(many(5000), dataJson);
      expect(ending).toMatchObject({ state: 'dispatched', events: 1, messages: 5000 });
      expect(queue.subscriptions.size).toBe(5000);
      expect(queue).toMatchObject({ calls, messages: 5000 });
      // Eight calls of a send; the sends of one record follow one another.
      expect(queue.mostAtOnce).toBe(8);
      // A thousand messages of 16 kB, with what is collected late: a quarter of what the function has.
      expect(growth).toBeLessThan(250 * MEGABYTE);
    },
  );

  it('asks the registry once for 1000 subscriptions of which one matches, and sends one message', async () => {
    const filtered = many(1000, (index) => ({ filter: { data: { shop: [`shop-${index}`] } } }));
    const { ending, queue, ofTopic, markers } = await fanOut(filtered, '{"shop":"shop-77"}');
    expect(ending).toMatchObject({ messages: 1 });
    expect(queue).toMatchObject({ calls: 1, messages: 1 });
    expect([...queue.subscriptions]).toEqual([filtered[77]?.id]);
    expect(markers.markers.get('evt_1')?.plan).toHaveLength(1);
    const asked = ofTopic.mock.calls.map(([topic]) => JSON.stringify(topic));
    expect(new Set(asked).size).toBe(asked.length);
  });
});
