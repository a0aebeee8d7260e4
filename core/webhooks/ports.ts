import type {
  DeadLetterMessage,
  Delivery,
  DeliveryKey,
  DeliveryMessage,
  DeliveryState,
} from './deliveries/delivery';

/** The way into the deliveries queue. */
export interface DeliveryQueue {
  /**
   * Returns when the queue has every message; retries those that it refused one by one.
   * @param messages each with the seconds to hold it back, 0 to 900.
   * @throws when the queue cannot be reached: some messages may have been accepted.
   */
  send(
    messages: readonly { readonly message: DeliveryMessage; readonly delaySeconds: number }[],
  ): Promise<void>;
}

/** The way into the dead-letter queue. */
export interface DeadLetterQueue {
  send(message: DeadLetterMessage): Promise<void>;
}

/** A message as the dead-letter queue hands it out. */
export interface ReceivedDeadLetter {
  /** Parsed JSON, or `undefined` when it is none. */
  readonly body: unknown;
  /** What {@link DeadLetterInbox.remove} takes. */
  readonly receipt: string;
}

/** The way out of the dead-letter queue. */
export interface DeadLetterInbox {
  /** At most ten, none when it is empty; they stay hidden for a few minutes and return unless removed. */
  receive(): Promise<readonly ReceivedDeadLetter[]>;
  remove(receipt: string): Promise<void>;
}

/** One page of a list; `next` continues it and is missing at the end. */
export interface DeliveryPage {
  readonly deliveries: readonly Delivery[];
  readonly next?: string;
}

export interface PageRequest {
  readonly limit: number;
  readonly after?: string | undefined;
}

/** The table of deliveries. Reads by key are strongly consistent; the lists may be a moment old. */
export interface DeliveryStore {
  read(key: DeliveryKey): Promise<Delivery | undefined>;
  /**
   * Writes the row if nobody wrote it since it was read: `delivery.version` is one above the version that was
   * read, 1 for a row that must not exist yet.
   */
  write(delivery: Delivery): Promise<'written' | 'conflict'>;
  /** All deliveries of an event. */
  ofEvent(eventId: string, page: PageRequest): Promise<DeliveryPage>;
  /** Pending ones that are due by then (ISO 8601), of one of the {@link DUE_SHARDS}; the longest overdue first. */
  due(shard: number, by: string, limit: number): Promise<readonly Delivery[]>;
  /** Those that wait for their subscription to be resumed, in the order of the topic's history; may be a moment behind. */
  paused(subscriptionId: string, page: PageRequest): Promise<DeliveryPage>;
}

/** Which deliveries of a subscription are looked for. */
export interface DeliveryRange {
  /** ISO 8601, UTC, with milliseconds: when the delivery was made; inclusive. */
  readonly from: string;
  /** Exclusive. */
  readonly to: string;
  /** @default any */
  readonly state?: DeliveryState | undefined;
}

/**
 * The deliveries table for those who look for something. Lists may be a moment behind, what they show is read
 * consistently. The work of a call is bounded: a page may be short, even empty, and still have a `next`.
 */
export interface DeliveryListing {
  /** Those of a subscription, the last made first. */
  ofSubscription(subscriptionId: string, range: DeliveryRange, page: PageRequest): Promise<DeliveryPage>;
  /** The dead ones of a subscription, the last that died first. @param since ISO 8601: died then or later. */
  deadOf(subscriptionId: string, page: PageRequest, since?: string): Promise<DeliveryPage>;
}

/** The runs of a subscription: 0 is the live one, each replay and each forced resend has a number of its own. */
export interface RunNumbers {
  /** From 1; a number is given once, and one whose taker crashed is never used. */
  next(subscriptionId: string): Promise<number>;
  /** Takes run 1 of a subscription that is being made; repeating it changes nothing. */
  takeFirst(subscriptionId: string): Promise<void>;
}

/** Parked deliveries are spread over this many partitions of the index by due time. */
export const DUE_SHARDS = 16;

/** What a request is about, for targets that route or order by it. */
export interface RequestSubject {
  readonly eventId: string;
  /** The topic's name. */
  readonly type: string;
  readonly subject?: string;
  /** ISO 8601. */
  readonly time: string;
  readonly subscriptionId: string;
}

/** What a request to a topic of Pub/Sub has beside its body. */
export interface RequestMessage {
  /** The same whenever the delivery is tried again. */
  readonly id: string;
  /** `[name, text]`. */
  readonly attributes: readonly (readonly [name: string, text: string])[];
  /** How many of them may travel in one call. */
  readonly chunkSize: number;
}

/** What is posted to a target. */
export interface WebhookRequest {
  /** A URL, the ARN of a target in the stack's own account, or `pubsub:` and the name of a topic. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** For everything: look-up, connection, request, answer. */
  readonly timeoutSeconds: number;
  /** How much of the answer's body is kept. @default 2048 */
  readonly answerBytes?: number;
  /** Not there for what is no delivery, such as the fetching of a token. */
  readonly about?: RequestSubject;
  /** There for topics of Pub/Sub alone. */
  readonly message?: RequestMessage;
}

/** Why there was no complete answer. */
export type TargetFailure =
  | 'target_refused'
  | 'request_invalid'
  | 'timeout'
  | 'dns_failed'
  | 'connection_refused'
  | 'connection_reset'
  | 'unreachable'
  | 'tls_failed'
  | 'closed_early'
  | 'answer_invalid'
  /** The issuer of the subscriber's tokens refused the credentials, or gave no token. */
  | 'token_refused'
  | 'token_unavailable'
  /** The stage's forward proxy opened no tunnel: nothing of it is the subscriber's. */
  | 'proxy_failed'
  | 'connection_failed';

/** How a target took a request. */
export type TargetResult = {
  readonly milliseconds: number;
  /** The address that was connected to. */
  readonly address?: string;
  /** Names the call that several deliveries shared. */
  readonly call?: string;
} & (
  | {
      readonly status: number;
      /** The answer's `Retry-After`, as it came. */
      readonly retryAfter?: string;
      /** The first bytes of the answer's body. */
      readonly answer: string;
      /** True when the same request can never succeed, whatever the policy says of its status. */
      readonly isFinal?: boolean;
    }
  | { readonly failure: TargetFailure }
);

/** The way to a subscriber; never throws, never follows a redirect, never calls what the guard refuses. */
export interface WebhookTarget {
  post(request: WebhookRequest): Promise<TargetResult>;
}
