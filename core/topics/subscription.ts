import type { TopicKey } from '../events/event';

/** How hard a delivery is tried. */
export interface DeliveryPolicy {
  /** `2xx`: any of them; `200`: exactly that. */
  readonly success: '2xx' | '200';
  /** Statuses after which no retry makes sense: the delivery is dead at once. */
  readonly finalStatuses: readonly number[];
  /** Seconds to wait before attempt 2, 3, …; empty: one attempt only. */
  readonly scheduleSeconds: readonly number[];
  /** Share of each wait that is added or taken at random, 0 to 1. */
  readonly jitter: number;
  readonly timeoutSeconds: number;
}

/** `deleted` stays for a while, so that deliveries under way end as `skipped(subscription_deleted)`. */
export type SubscriptionState = 'active' | 'paused' | 'disabled' | 'deleted';

export interface SigningSecret {
  /** `whsec_` and the base64 of the key (Standard Webhooks). */
  readonly secret: string;
  /** ISO 8601; an older secret signs beside the new one until then. */
  readonly expiresAt?: string;
}

/** How a body is written: as Standard Webhooks have it, or as Mozilla CIS posts its hook. */
export const webhookFormats = ['standard', 'cis'] as const;
export type WebhookFormat = (typeof webhookFormats)[number];

/** By which a subscriber's own issuer gives a bearer token for it (RFC 6749, section 4.4). */
export interface ClientCredentials {
  readonly type: 'oauth2_client_credentials';
  readonly tokenUrl: string;
  readonly clientId: string;
  /** Never shown. */
  readonly clientSecret: string;
  readonly audience?: string;
  readonly scope?: string;
}

/** topic + target + delivery policy + state, owned by an account. */
export interface Subscription {
  readonly id: string;
  readonly topic: TopicKey;
  /** The principal who made it. */
  readonly owner: string;
  /** The full URL that deliveries are posted to. */
  readonly target: string;
  readonly format: WebhookFormat;
  readonly state: SubscriptionState;
  /** Why it is not active, such as `gone` (the target answered 410). */
  readonly stateReason?: string;
  readonly policy: DeliveryPolicy;
  /** Newest first. */
  readonly secrets: readonly SigningSecret[];
  readonly headers: Readonly<Record<string, string>>;
  /** With them every delivery carries a bearer token; it replaces an `authorization` header of `headers`. */
  readonly credentials?: ClientCredentials;
  readonly description?: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly updatedAt: string;
}
