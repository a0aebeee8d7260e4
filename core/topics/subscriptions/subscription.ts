import type { TopicSelector } from '../../events/event';
import type { Idempotency } from '../../idempotency';
import type { Credentials } from '../credentials/credentials';
import type { EventFilter } from '../filters/event-filter';
import type { Confirmation } from './confirmation';

/** How hard a delivery is tried. */
export interface DeliveryPolicy {
  /** `2xx`: any of them; `200`: exactly that. */
  readonly success: '2xx' | '200';
  /** Statuses after which no retry makes sense: the delivery is dead at once. */
  readonly finalStatuses: readonly number[];
  /** Seconds to wait before attempt 2, 3, …; empty: one attempt only. */
  readonly scheduleSeconds: readonly number[];
  /** When the schedule is used up, the same wait over and over, in seconds. @default no further attempt */
  readonly repeatSeconds?: number;
  /** No attempt is made later than this after the first one, pauses not counted. @default as long as there are waits */
  readonly longestSeconds?: number;
  /** Share of each wait that is added or taken at random, 0 to 1. */
  readonly jitter: number;
  /** Jitter makes a wait longer, never shorter. @default either */
  readonly jitterAdds?: true;
  /** Whether a failure's answer counts: 410 as the end, 429, 502, 504 and `Retry-After` as a longer wait. @default true */
  readonly heedsAnswers?: false;
  readonly timeoutSeconds: number;
  /** Requests that may be under way to the target at a time, over all workers. @default no cap */
  readonly concurrency?: number;
  /** Requests a second to the target, over all workers. @default no limit */
  readonly ratePerSecond?: number;
  /** Whether a target that fails time after time is left alone for a while. One-attempt policies never are. @default true */
  readonly circuit?: boolean;
  /** When failures switch the subscription off. @default never */
  readonly disable?: DisableRule;
}

/** Whichever of the two comes first. */
export interface DisableRule {
  /** Failed attempts. */
  readonly failures?: number;
  /** Since the first of failures in a row. */
  readonly hours?: number;
  /** `in_a_row`: a success begins the count anew; `ever`: it never does. */
  readonly counts: 'in_a_row' | 'ever';
}

/** How a target has been doing: kept on the subscription's row, written when it changes and not per success. */
export interface TargetHealth {
  /** Failed attempts, as the disable rule counts them. */
  readonly failures: number;
  /** Of them in a row those that say that nobody is there: no answer, 5xx, 429. */
  readonly unavailable: number;
  /** ISO 8601: the first of failures in a row. */
  readonly failingSince?: string;
  /** The last warning that the owner was sent, in percent of the disable rule. */
  readonly warnedPercent?: number;
  readonly circuit?: Circuit;
}

/** An open circuit: nothing is sent until then, then one probe at a time. */
export interface Circuit {
  /** ISO 8601. */
  readonly openUntil: string;
  /** How often it opened without a success in between. */
  readonly opens: number;
  /** ISO 8601: a worker is probing until then. */
  readonly probeUntil?: string;
}

/** `deleted` stays for a while, so that deliveries under way end as `skipped(subscription_deleted)`. */
export type SubscriptionState = 'active' | 'paused' | 'disabled' | 'deleted';

export interface SigningSecret {
  /** `whsec_` or `whsk_` and the base64 of the key (Standard Webhooks): its kind says how it signs. */
  readonly secret: string;
  /** ISO 8601; an older secret signs beside the new one until then. */
  readonly expiresAt?: string;
  /** The rotation that brought it, where that can be repeated. */
  readonly madeBy?: Pick<Idempotency, 'seed' | 'digest'>;
}

/**
 * How a body is written: as Standard Webhooks have it, as CloudEvents, as Mozilla CIS posts its hook, as ADS or as
 * Postoffice post theirs.
 */
export const webhookFormats = ['standard', 'cloudevents', 'cis', 'ads', 'postoffice'] as const;
/** Those, and what is no webhook: Google Pub/Sub's publish call, which the topics door alone makes subscriptions for. */
export const subscriptionFormats = [...webhookFormats, 'pubsub'] as const;
export type WebhookFormat = (typeof subscriptionFormats)[number];

/** What Postoffice calls a publisher: what its door shows of a subscription, beside target, format and state. */
export interface Consumer {
  /** Its id there: unique, growing. */
  readonly number: number;
  /** As it was given; `null` is another thing than nothing, and reads as 30. */
  readonly secondsTimeout?: number | null;
  /** The fixed interval of retries. @default the growing one of the original */
  readonly secondsRetry?: number;
  /** Messages per call of Google Pub/Sub. @default 20 */
  readonly chunkSize?: number;
}

/** How CloudEvents travel (HTTP binding 1.0.2): attributes as headers, all in the body, or a batch in the body. */
export const contentModes = ['binary', 'structured', 'batched'] as const;
export type ContentMode = (typeof contentModes)[number];

/** topic + target + delivery policy + state, owned by an account. */
export interface Subscription {
  readonly id: string;
  readonly topic: TopicSelector;
  /** Which of their events it gets. @default all */
  readonly filter?: EventFilter;
  /** The principal who made it. */
  readonly owner: string;
  /** The full URL that deliveries are posted to; of a consumer as it was given: see core/messages/consumers/consumer-target.ts. */
  readonly target: string;
  readonly format: WebhookFormat;
  /** Of the format `cloudevents`. @default binary, and structured to an ARN */
  readonly contentMode?: ContentMode;
  /** Whether the grant of Web PubSub's Python library counts, which has the wrong name. @default false */
  readonly legacyGrant?: boolean;
  /** What the target said to CloudEvents; of this format alone. */
  readonly confirmation?: Confirmation;
  readonly state: SubscriptionState;
  /** Why it is not active, such as `gone` (the target answered 410). */
  readonly stateReason?: string;
  readonly policy: DeliveryPolicy;
  /** Newest first. */
  readonly secrets: readonly SigningSecret[];
  readonly headers: Readonly<Record<string, string>>;
  /** Every delivery carries them; they replace a header of the same name in `headers`. */
  readonly credentials?: Credentials;
  readonly description?: string;
  /** Of those that the topics door made. */
  readonly consumer?: Consumer;
  /** The digest of the call that made it, where that can be repeated. */
  readonly madeBy?: string;
  readonly health?: TargetHealth;
  /** The run of the replay that it waits for: live deliveries are held until the history has been sent. */
  readonly replaying?: number;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly updatedAt: string;
}
