import type { TopicKey } from '../events/event';

/** What events are published under. */
export interface Topic {
  readonly key: TopicKey;
  readonly description?: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** Topics that belong to the system: nobody publishes there, and only a principal with the scope subscribes. */
export const systemTopicPrefixes = ['profile.', 'change.', 'subscription.', 'delivery.'] as const;

export function isSystemTopicName(name: string): boolean {
  return systemTopicPrefixes.some((prefix) => name.startsWith(prefix));
}
