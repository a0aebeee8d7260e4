import type { Event } from '../../core/events/event';
import type { EventBatch, EventIntake, OfferOutcome } from '../../core/events/ports';
import { makeConsumer } from '../../core/messages/consumer';
import type { ConsumerSubscription, TopicConsumers, TopicReader } from '../../core/messages/ports';
import type { MemorySubscriptionStore, MemoryTopicStore } from './memory-registry';

/** The registry as the topics door reads it, over what is in memory. */
export function makeMemoryTopicReader(
  topics: MemoryTopicStore,
  { subscriptions }: Pick<MemorySubscriptionStore, 'subscriptions'>,
): TopicReader {
  return {
    async read(name): Promise<TopicConsumers | undefined> {
      const topic = await topics.find({ door: 'topics', name });
      const consumers = [...subscriptions.values()].filter(
        (one): one is ConsumerSubscription =>
          one.consumer !== undefined &&
          one.topic.door === 'topics' &&
          one.topic.name === name &&
          one.state !== 'deleted',
      );
      return topic && { topic, consumers: consumers.sort((a, b) => b.consumer.number - a.consumer.number) };
    },
  };
}

/** A stream that takes what it is offered, or says otherwise. */
export class MemoryIntake implements EventIntake {
  readonly batches: EventBatch[] = [];
  says: OfferOutcome = 'taken';

  async offer(batches: readonly EventBatch[]): Promise<readonly OfferOutcome[]> {
    if (this.says === 'taken') {
      this.batches.push(...batches);
    }
    return batches.map(() => this.says);
  }

  get events(): readonly Event[] {
    return this.batches.flatMap(({ events }) => events);
  }
}

export function aConsumer(
  changes: Partial<ConsumerSubscription> & { readonly number?: number } = {},
): ConsumerSubscription {
  const { number = 1, ...rest } = changes;
  const request = {
    topic: 'orders',
    target: 'http://app.test/in',
    type: 'http',
    active: true,
    fromNow: true,
  } as const;
  const about = {
    id: `sub_${String(number).padStart(16, '0')}`,
    number,
    owner: 'anonymous',
    at: '2026-11-20T10:00:00.000Z',
  };
  return { ...makeConsumer(request, about, (count) => new Uint8Array(count).fill(1)), ...rest };
}
