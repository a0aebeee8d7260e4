import type { Subscription } from '../topics/subscriptions/subscription';
import type { Topic } from '../topics/topic';

/** The registry, for whoever accepts messages. */
export interface TopicReader {
  /**
   * One strongly consistent read of a topic of this door and its consumers, the newest first, those that are paused or
   * disabled included, those that are deleted not.
   * @returns `undefined` when there is no topic of that name.
   */
  read(name: string): Promise<TopicConsumers | undefined>;
}

export interface TopicConsumers {
  readonly topic: Topic;
  readonly consumers: readonly ConsumerSubscription[];
}

/** A subscription that the topics door has made. */
export type ConsumerSubscription = Subscription & Required<Pick<Subscription, 'consumer'>>;

/** What has numbers at this door. */
export type Numbered = 'topics' | 'consumers';

/** What a number of the door's directory leads to; it may be gone, or never have been made. */
export interface DirectoryEntry {
  readonly number: number;
  /** The name of the topic: its own, or the consumer's. */
  readonly topic: string;
  /** Of a consumer. */
  readonly subscriptionId?: string;
}

/** The way from a number to what has it, in the order of their making. Consistent. */
export interface Directory {
  /** Written before what it leads to. @returns the number, which is larger than all that were given before. */
  enter(kind: Numbered, entry: Omit<DirectoryEntry, 'number'>): Promise<number>;
  find(kind: Numbered, number: number): Promise<DirectoryEntry | undefined>;
  /** The oldest first. @param page.after exclusive. */
  list(
    kind: Numbered,
    page: { readonly limit: number; readonly after?: number | undefined },
  ): Promise<{ readonly entries: readonly DirectoryEntry[]; readonly next?: number }>;
  /** Repeating it changes nothing. */
  remove(kind: Numbered, number: number): Promise<void>;
}

/** What no two consumers have in common. */
export interface ConsumerIdentity {
  readonly topic: string;
  readonly target: string;
  readonly format: Subscription['format'];
}

/** Which subscription an identity belongs to. */
export interface IdentityClaim {
  readonly subscriptionId: string;
  /** ISO 8601. */
  readonly at: string;
}

/** Keeps two consumers from having the same identity. Consistent. */
export interface IdentityClaims {
  /** First write wins. @returns the claim that stands, this or an earlier one. */
  claim(identity: ConsumerIdentity, claim: IdentityClaim): Promise<IdentityClaim>;
  /** Puts a claim in place of one that leads to nothing, or is old. @returns false when that is not there any more. */
  replace(identity: ConsumerIdentity, standing: IdentityClaim, claim: IdentityClaim): Promise<boolean>;
}
