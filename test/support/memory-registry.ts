import { ServiceError } from '../../core/errors';
import { selectorText, type TopicKey, type TopicSelector, topicKeyText } from '../../core/events/event';
import type {
  SecretStore,
  SubscriptionEditor,
  SubscriptionReference,
  SubscriptionStore,
  TopicStore,
} from '../../core/topics/ports';
import type { Confirmation } from '../../core/topics/subscriptions/confirmation';
import type { Subscription } from '../../core/topics/subscriptions/subscription';
import type { Topic } from '../../core/topics/topic';
import type { ConfirmationStore } from '../../core/webhooks/confirmation/confirmation-ports';

/** The registry of topics in memory: kept honest by the contract suite that the real one passes too. */
export class MemoryTopicStore implements TopicStore {
  readonly topics = new Map<string, Topic>();

  async create(topic: Topic): Promise<'created' | 'already_exists'> {
    const key = topicKeyText(topic.key);
    if (this.topics.has(key)) {
      return 'already_exists';
    }
    this.topics.set(key, topic);
    return 'created';
  }

  async find(key: TopicKey): Promise<Topic | undefined> {
    return this.topics.get(topicKeyText(key));
  }

  async replace(topic: Topic): Promise<'replaced' | 'conflict'> {
    const key = topicKeyText(topic.key);
    const found = this.topics.get(key);
    if (!found || (found.revision ?? 0) !== (topic.revision ?? 1) - 1) {
      return 'conflict';
    }
    this.topics.set(key, topic);
    return 'replaced';
  }

  async remove(key: TopicKey): Promise<void> {
    this.topics.delete(topicKeyText(key));
  }

  async list(options: { limit: number; after?: string }) {
    const { items, next } = page(
      [...this.topics.values()],
      ({ key }) => topicKeyText(key),
      options.limit,
      options.after,
    );
    return { topics: items, ...(next !== undefined && { next }) };
  }
}

/** The registry of subscriptions in memory. */
export class MemorySubscriptionStore
  implements SubscriptionStore, SubscriptionEditor, SecretStore, ConfirmationStore
{
  readonly subscriptions = new Map<string, Subscription>();

  async create(subscription: Subscription): Promise<'created' | 'already_exists'> {
    if (this.subscriptions.has(subscription.id)) {
      return 'already_exists';
    }
    this.subscriptions.set(subscription.id, subscription);
    return 'created';
  }

  async replaceSecrets(...[{ id }, read, secrets, at]: Parameters<SecretStore['replaceSecrets']>) {
    const found = this.subscriptions.get(id);
    if (!found || found.state === 'deleted' || JSON.stringify(found.secrets) !== JSON.stringify(read)) {
      return undefined;
    }
    const replaced = { ...found, secrets, updatedAt: at };
    this.subscriptions.set(id, replaced);
    return replaced;
  }

  async ofTopic(topic: TopicSelector): Promise<readonly Subscription[]> {
    return [...this.subscriptions.values()]
      .filter((one) => selectorText(one.topic) === selectorText(topic) && one.state !== 'deleted')
      .sort(byText(({ id }) => id));
  }

  async find(id: string): Promise<Subscription | undefined> {
    return this.subscriptions.get(id);
  }

  async findMany(references: readonly SubscriptionReference[]): Promise<ReadonlyMap<string, Subscription>> {
    const found = references.flatMap(({ id }) => this.subscriptions.get(id) ?? []);
    return new Map(found.map((subscription) => [subscription.id, subscription]));
  }

  async changeState(
    { id }: SubscriptionReference,
    { from, to, reason, at }: Parameters<SubscriptionStore['changeState']>[1],
  ) {
    const found = this.subscriptions.get(id);
    if (!found || !from.includes(found.state)) {
      return { moved: false, state: found?.state };
    }
    const { stateReason: _, credentials, health, ...rest } = found;
    this.subscriptions.set(id, {
      ...rest,
      ...(credentials && to !== 'deleted' && { credentials }),
      ...(health && to !== 'active' && to !== 'deleted' && { health }),
      state: to,
      updatedAt: at,
      ...(reason !== undefined && { stateReason: reason }),
      ...(to === 'deleted' && { secrets: [], headers: {} }),
    });
    return { moved: true, state: to };
  }

  async revise(...[{ id }, changes, at, sentAs]: Parameters<SubscriptionEditor['revise']>) {
    const found = this.subscriptions.get(id);
    const isSentSo = !sentAs || (found?.target === sentAs.target && found.format === sentAs.format);
    if (!found || found.state === 'deleted' || !isSentSo) {
      return undefined;
    }
    const { description, filter, credentials, contentMode, confirmation, ...others } = {
      description: found.description,
      filter: found.filter,
      credentials: found.credentials,
      contentMode: found.contentMode,
      confirmation: found.confirmation,
      ...changes,
    };
    const {
      stateReason,
      description: _,
      filter: __,
      credentials: ___,
      contentMode: ____,
      confirmation: _____,
      health,
      ...rest
    } = found;
    const clearsHealth = changes.state === 'active' || changes.target !== undefined;
    const revised: Subscription = {
      ...rest,
      ...(changes.state === undefined && stateReason !== undefined && { stateReason }),
      ...(health && !clearsHealth && { health }),
      ...others,
      ...(description != null && { description }),
      ...(filter != null && { filter }),
      ...(credentials != null && { credentials }),
      ...(contentMode != null && { contentMode }),
      ...(confirmation != null && { confirmation }),
      updatedAt: at,
    };
    this.subscriptions.set(id, revised);
    return revised;
  }

  /** As {@link ConfirmationStore}. */
  async write({ id }: SubscriptionReference, confirmation: Confirmation): Promise<'written' | 'conflict'> {
    const found = this.subscriptions.get(id);
    const isNext =
      found?.confirmation?.id === confirmation.id &&
      found.confirmation.revision === confirmation.revision - 1;
    if (!found || found.state === 'deleted' || !isNext) {
      return 'conflict';
    }
    this.subscriptions.set(id, { ...found, confirmation });
    return 'written';
  }

  async list({ owner, limit, after, where = () => true }: Parameters<SubscriptionStore['list']>[0]) {
    const { items, next } = page(
      [...this.subscriptions.values()].filter(
        (one) => one.owner === owner && one.state !== 'deleted' && where(one),
      ),
      ({ createdAt, id }) => `${createdAt}#${id}`,
      limit,
      after,
    );
    return { subscriptions: items, ...(next !== undefined && { next }) };
  }
}

export function page<Item>(
  all: Item[],
  sort: (item: Item) => string,
  limit: number,
  after: string | undefined,
) {
  const start = after === undefined ? '' : Buffer.from(after, 'base64url').toString();
  if (
    after !== undefined &&
    (start === '' || start.length > 1024 || Buffer.from(start).toString('base64url') !== after)
  ) {
    throw new ServiceError('parameter_invalid', '"next" is not a token of this list');
  }
  const rest = all.filter((item) => sort(item) > start).sort(byText(sort));
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  const next = rest.length > limit && last ? Buffer.from(sort(last)).toString('base64url') : undefined;
  return { items, next };
}

function byText<Item>(text: (item: Item) => string) {
  return (a: Item, b: Item) => (text(a) < text(b) ? -1 : 1);
}
