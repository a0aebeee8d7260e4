import type { Event } from '../../core/events/event';
import type { EventBatch, EventIntake, OfferOutcome } from '../../core/events/ports';
import { makeConsumer } from '../../core/messages/consumers/consumer';
import type {
  ConsumerIdentity,
  ConsumerSubscription,
  Directory,
  DirectoryEntry,
  IdentityClaim,
  IdentityClaims,
  Numbered,
  TopicConsumers,
  TopicReader,
} from '../../core/messages/ports';
import type { CallbackSubscriptions } from '../../core/webhooks/callbacks/callback-subscription';
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

/** What the topics door has numbered, in memory. */
export class MemoryDirectory implements Directory {
  private readonly entries = new Map<Numbered, Map<number, DirectoryEntry>>();
  private readonly last = new Map<Numbered, number>();

  async enter(kind: Numbered, entry: Omit<DirectoryEntry, 'number'>): Promise<number> {
    const number = (this.last.get(kind) ?? 0) + 1;
    this.last.set(kind, number);
    this.of(kind).set(number, { ...entry, number });
    return number;
  }

  async find(kind: Numbered, number: number) {
    return this.of(kind).get(number);
  }

  async list(kind: Numbered, { limit, after = 0 }: { limit: number; after?: number | undefined }) {
    const rest = [...this.of(kind).values()].filter(({ number }) => number > after);
    const entries = rest.slice(0, limit);
    const last = entries.at(-1)?.number;
    return { entries, ...(rest.length > limit && last !== undefined && { next: last }) };
  }

  async remove(kind: Numbered, number: number) {
    this.of(kind).delete(number);
  }

  private of(kind: Numbered): Map<number, DirectoryEntry> {
    const found = this.entries.get(kind) ?? new Map();
    this.entries.set(kind, found);
    return found;
  }
}

export class MemoryIdentityClaims implements IdentityClaims {
  readonly claims = new Map<string, IdentityClaim>();

  async claim(identity: ConsumerIdentity, claim: IdentityClaim): Promise<IdentityClaim> {
    const key = keyOf(identity);
    const standing = this.claims.get(key) ?? claim;
    this.claims.set(key, standing);
    return standing;
  }

  async replace(identity: ConsumerIdentity, standing: IdentityClaim, claim: IdentityClaim): Promise<boolean> {
    const key = keyOf(identity);
    const found = this.claims.get(key);
    if (found?.subscriptionId !== standing.subscriptionId || found.at !== standing.at) {
      return false;
    }
    this.claims.set(key, claim);
    return true;
  }
}

function keyOf({ topic, target, format }: ConsumerIdentity): string {
  return JSON.stringify([topic, target, format]);
}

/** Makes subscriptions of ids that are given, once. */
export function makeMemoryMaker({
  subscriptions,
}: Pick<MemorySubscriptionStore, 'subscriptions'>): CallbackSubscriptions {
  return {
    async createOnce(subscription) {
      const found = subscriptions.get(subscription.id);
      if (found && found.state !== 'deleted') {
        return 'already_exists';
      }
      subscriptions.set(subscription.id, subscription);
      return 'created';
    },
  };
}
