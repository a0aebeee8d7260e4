import type { TopicKey } from '../events/event';
import type { Json, JsonObject } from '../json';

/** What events are published under. */
export interface Topic {
  readonly key: TopicKey;
  readonly description?: string;
  /** JSON Schema that the data of its events fits; checked by the door that publishes. @default any data */
  readonly schema?: JsonObject;
  /** Data as it may look, for people; fits the schema. */
  readonly examples?: readonly Json[];
  /** Publishing still works; who does it is told. */
  readonly deprecation?: Deprecation;
  /** Its id at the topics door: unique, growing. */
  readonly number?: number;
  /** Where the topics door fetches what its publishers could not send. */
  readonly recovery?: Recovery;
  /** The principal who made it. */
  readonly createdBy?: string;
  /** Digest of the call that made it, where that had an `Idempotency-Key`. */
  readonly madeBy?: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** How often it was changed; missing for never. */
  readonly revision?: number;
}

/** Contract Postoffice, section 4. */
export interface Recovery {
  /** The URL that lists what could not be sent, as it was given. */
  readonly originHost: string;
  readonly enabled: boolean;
}

export interface Deprecation {
  /** ISO 8601. */
  readonly since: string;
  /** What to use instead. */
  readonly notice?: string;
}

/** Topics that belong to the system: nobody publishes there, and only a principal with the scope subscribes. */
export const systemTopicPrefixes = ['profile.', 'change.', 'subscription.', 'delivery.'] as const;

export function isSystemTopicName(name: string): boolean {
  return systemTopicPrefixes.some((prefix) => name.startsWith(prefix));
}
