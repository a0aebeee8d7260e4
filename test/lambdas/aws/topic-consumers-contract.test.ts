import type { ConsumerSubscription, TopicReader } from '../../../core/messages/ports';
import type { Subscription } from '../../../core/topics/subscriptions/subscription';
import type { Topic } from '../../../core/topics/topic';
import { makeDynamoSubscriptionStore } from '../../../lambdas/aws/dynamo-subscription-store';
import { makeDynamoTopicConsumers } from '../../../lambdas/aws/dynamo-topic-consumers';
import { makeDynamoTopicStore } from '../../../lambdas/aws/dynamo-topic-store';
import { useEmulatedTables } from '../../support/emulated-tables';
import { aConsumer, makeMemoryTopicReader } from '../../support/memory-messages';
import { MemorySubscriptionStore, MemoryTopicStore } from '../../support/memory-registry';
import { aSubscription } from '../../support/subscriptions';

interface Registry {
  readonly reader: TopicReader;
  readonly makeTopic: (topic: Topic) => Promise<unknown>;
  readonly subscribe: (subscription: Subscription) => Promise<unknown>;
  readonly remove: (subscription: Subscription) => Promise<unknown>;
}

const at = '2026-11-20T11:00:00.000Z';
const key = { door: 'topics', name: 'a/b # c' } as const;
const emulated = useEmulatedTables();

function registryOf(
  reader: TopicReader,
  topics: Pick<MemoryTopicStore, 'create'>,
  subscriptions: Pick<MemorySubscriptionStore, 'create' | 'changeState'>,
): Registry {
  return {
    reader,
    makeTopic: (topic) => topics.create(topic),
    subscribe: (one) => subscriptions.create(one),
    remove: (one) => subscriptions.changeState(one, { from: ['active'], to: 'deleted', at }),
  };
}

const registries: [string, () => Promise<Registry>][] = [
  [
    'in memory',
    async () => {
      const [topics, subscriptions] = [new MemoryTopicStore(), new MemorySubscriptionStore()];
      return registryOf(makeMemoryTopicReader(topics, subscriptions), topics, subscriptions);
    },
  ],
  [
    'on DynamoDB',
    async () => {
      const { registry } = await emulated.fresh();
      return registryOf(
        makeDynamoTopicConsumers(emulated.client, registry),
        makeDynamoTopicStore(emulated.client, registry),
        makeDynamoSubscriptionStore(emulated.client, registry),
      );
    },
  ],
];

describe.each(registries)('TopicReader %s', (_, open) => {
  let registry: Registry;
  const consumer = (number: number, changes: Partial<ConsumerSubscription> = {}) =>
    aConsumer({ number, topic: key, ...changes });

  beforeEach(async () => {
    registry = await open();
  });

  it('reads a topic with its consumers, the newest first, whatever their state but deleted', async () => {
    const topic = { key, number: 3, createdAt: at };
    const all = [
      consumer(2),
      consumer(10, { state: 'paused' }),
      consumer(1, { state: 'disabled' }),
      consumer(11),
    ];
    await registry.makeTopic(topic);
    await Promise.all(all.map(registry.subscribe));
    await registry.remove(all[3] as ConsumerSubscription);
    await expect(registry.reader.read(key.name)).resolves.toEqual({
      topic,
      consumers: [all[1], all[0], all[2]],
    });
  });

  it('leaves out who listens otherwise, and the consumers of other topics', async () => {
    await registry.makeTopic({ key, createdAt: at });
    await registry.subscribe(aSubscription({ topic: key }));
    await registry.subscribe(consumer(1, { topic: { ...key, isPattern: true } }));
    await registry.subscribe(consumer(2, { topic: { door: 'manage', name: key.name } }));
    await registry.subscribe(consumer(3, { topic: { door: 'topics', name: `${key.name}d` } }));
    await expect(registry.reader.read(key.name)).resolves.toMatchObject({ consumers: [] });
  });

  it('knows nothing of a topic that is not there, though somebody listens to it', async () => {
    await registry.subscribe(consumer(1));
    await expect(registry.reader.read(key.name)).resolves.toBeUndefined();
  });

  it('reads all of a topic that has more consumers than fit on a page', async () => {
    await registry.makeTopic({ key, createdAt: at });
    const large = { 'x-large': 'x'.repeat(100_000) };
    for (let number = 1; number <= 12; number += 1) {
      await registry.subscribe(consumer(number, { headers: large }));
    }
    const found = await registry.reader.read(key.name);
    expect(found?.consumers.map(({ consumer: { number } }) => number)).toEqual([
      12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1,
    ]);
  });
});
