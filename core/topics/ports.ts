import type { TopicKey, TopicSelector } from '../events/event';
import type { Credentials } from './credentials/credentials';
import type { EventFilter } from './filters/event-filter';
import type { Confirmation } from './subscriptions/confirmation';
import type {
  Consumer,
  ContentMode,
  SigningSecret,
  Subscription,
  SubscriptionState,
} from './subscriptions/subscription';
import type { Topic } from './topic';

/** The registry of topics. Uniqueness is by conditional put. */
export interface TopicStore {
  create(topic: Topic): Promise<'created' | 'already_exists'>;
  find(key: TopicKey): Promise<Topic | undefined>;
  /** Writes the topic if nobody changed it since it was read: its `revision` is one above the one that was read. */
  replace(topic: Topic): Promise<'replaced' | 'conflict'>;
  /** Repeating it changes nothing. */
  remove(key: TopicKey): Promise<void>;
  /**
   * In the order of their keys. Bounded: at most `limit`, with a token for the rest.
   * @throws ServiceError `parameter_invalid` for a token that no list gave.
   */
  list(options: { limit: number; after?: string }): Promise<{ topics: readonly Topic[]; next?: string }>;
}

/** What names a subscription, with what it listens to, under which its row lies. */
export interface SubscriptionReference {
  readonly id: string;
  readonly topic: TopicSelector;
}

/** The registry of subscriptions. All reads are strongly consistent, so a change takes effect with its reply. */
export interface SubscriptionStore {
  /**
   * One that can be repeated (`madeBy`) finds what an earlier call has left of the same, and goes on with it.
   * @returns `already_exists` when there is one of that id.
   */
  create(subscription: Subscription): Promise<'created' | 'already_exists'>;
  /** Those that listen to exactly this topic, or this pattern, in every state but `deleted`. */
  ofTopic(topic: TopicSelector): Promise<readonly Subscription[]>;
  /** In any state; `undefined` when there never was one, or it was deleted long ago. */
  find(id: string): Promise<Subscription | undefined>;
  /** Many at once; the map lacks those that are gone. */
  findMany(references: readonly SubscriptionReference[]): Promise<ReadonlyMap<string, Subscription>>;
  /**
   * Moves the state if it is one of `from`; tells the state that it found otherwise. `active` clears the health.
   * @param at ISO 8601.
   */
  changeState(
    reference: SubscriptionReference,
    change: { from: readonly SubscriptionState[]; to: SubscriptionState; reason?: string; at: string },
  ): Promise<{ readonly moved: boolean; readonly state: SubscriptionState | undefined }>;
  /**
   * An owner's, oldest first, in every state but `deleted`. Where few of many pass `where`, a page may hold
   * less than its limit and still have a next one.
   * @throws ServiceError `parameter_invalid` for a token that no list gave.
   */
  list(options: {
    owner: string;
    limit: number;
    after?: string;
    where?: (subscription: Subscription) => boolean;
  }): Promise<{ subscriptions: readonly Subscription[]; next?: string }>;
}

/** What its owner may change about a subscription; a `description` of `null` removes it. */
export interface SubscriptionChanges
  extends Partial<Pick<Subscription, 'target' | 'headers' | 'policy' | 'format'>> {
  readonly description?: string | null;
  /** `null` removes it: all events. */
  readonly filter?: EventFilter | null;
  /** `null` removes it: the default of the target. */
  readonly contentMode?: ContentMode | null;
  readonly legacyGrant?: boolean;
  /** `null` removes it: there is nobody to ask. */
  readonly confirmation?: Confirmation | null;
  /** `null` removes them. */
  readonly credentials?: Credentials | null;
  /** Of those that the topics door made. */
  readonly consumer?: Consumer;
  /** Clears the reason of the old state. */
  readonly state?: 'active' | 'paused';
}

/** The registry, for the door that changes subscriptions. */
export interface SubscriptionEditor {
  /**
   * All of the changes in one write, unless the subscription is deleted or gone. `active`, and another target, clear
   * the health.
   * @param at ISO 8601.
   * @param sentAs only while it is sent so: what was judged by that is not to meet another target.
   * @returns the subscription as it is now; `undefined` when there is none to change.
   */
  revise(
    reference: SubscriptionReference,
    changes: SubscriptionChanges,
    at: string,
    sentAs?: Pick<Subscription, 'target' | 'format'>,
  ): Promise<Subscription | undefined>;
}

/** The registry, for whoever rotates secrets. */
export interface SecretStore {
  /**
   * Replaces the secrets if they are still those that were read.
   * @param at ISO 8601.
   * @returns the subscription as it is now; `undefined` when they have changed, or it is deleted.
   */
  replaceSecrets(
    reference: SubscriptionReference,
    read: readonly SigningSecret[],
    secrets: readonly SigningSecret[],
    at: string,
  ): Promise<Subscription | undefined>;
}
