import type { Subscription } from '../topics/subscription';
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
