import type { Credentials } from '../../../core/topics/credentials/credentials';
import { publicKeyOf } from '../../../core/topics/credentials/ed25519-key';
import { liveSecrets } from '../../../core/topics/credentials/signing-keys';
import { versionOf } from '../../../core/topics/credentials/signing-secret';
import type { Confirmation } from '../../../core/topics/subscriptions/confirmation';
import type {
  SigningSecret,
  Subscription,
  TargetHealth,
} from '../../../core/topics/subscriptions/subscription';
import { HIDDEN_VALUE } from '../../../core/topics/subscriptions/subscription-headers';
import { topicReferenceText } from '../../../core/topics/topic-reference';
import { defaultContentMode } from '../../../core/webhooks/requests/content-mode';
import type { CredentialsBody, SubscriptionBody } from './subscription-replies';

/** A subscription as its owner reads it: everything but the secrets. @param now epoch milliseconds. */
export function toSubscriptionBody(subscription: Subscription, now: number): SubscriptionBody {
  const { policy } = subscription;
  const [newest, ...old] = liveSecrets(subscription, now);
  return {
    id: subscription.id,
    topic: topicReferenceText(subscription.topic),
    // Names of other doors may look like patterns.
    pattern: subscription.topic.isPattern,
    filter: subscription.filter,
    target: subscription.target,
    format: subscription.format,
    content_mode:
      subscription.format === 'cloudevents'
        ? (subscription.contentMode ?? defaultContentMode(subscription.target))
        : undefined,
    legacy_grant: subscription.legacyGrant,
    confirmation: subscription.confirmation && toConfirmationBody(subscription.confirmation),
    state: subscription.state,
    state_reason: subscription.stateReason,
    description: subscription.description,
    replaying: subscription.replaying,
    ...(newest && toKeyBody(newest)),
    old_secrets: old.length > 0 ? old.map(toKeyBody) : undefined,
    headers: withoutValues(subscription.headers),
    credentials: subscription.credentials && toCredentialsBody(subscription.credentials),
    policy: {
      success: policy.success,
      final_statuses: policy.finalStatuses,
      schedule_seconds: policy.scheduleSeconds,
      jitter: policy.jitter,
      timeout_seconds: policy.timeoutSeconds,
      concurrency: policy.concurrency ?? null,
      rate_per_second: policy.ratePerSecond ?? null,
      circuit: policy.circuit ?? true,
      disable: policy.disable ?? null,
    },
    health: subscription.health && toHealthBody(subscription.health),
    created_at: subscription.createdAt,
    updated_at: subscription.updatedAt,
  };
}

/** How a secret signs, and by which public key that is verified. */
function toKeyBody({ secret, expiresAt }: SigningSecret) {
  const signature = versionOf(secret);
  return {
    signature,
    public_key: signature === 'v1a' ? publicKeyOf(secret) : undefined,
    expires_at: expiresAt,
  };
}

/** Without the keys that were handed out, and what keeps workers apart. */
function toConfirmationBody(confirmation: Confirmation) {
  const { state, origin, askedAt, attempts, nextAt, lastFailure, lastStatus } = confirmation;
  return {
    ...{ state, origin, attempts },
    asked_at: askedAt,
    next_attempt_at: nextAt,
    last_failure: lastFailure,
    last_status: lastStatus,
    granted_at: confirmation.grantedAt,
    granted_by: confirmation.grantedBy,
    allowed_rate_per_minute: confirmation.ratePerMinute,
  };
}

/** What its owner can act on; whoever probes is the engine's own. */
function toHealthBody({ failures, failingSince, warnedPercent, circuit }: TargetHealth) {
  return {
    failures,
    failing_since: failingSince,
    warned_percent: warnedPercent,
    circuit_open_until: circuit?.openUntil,
  };
}

function withoutValues(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.keys(headers).map((name) => [name, HIDDEN_VALUE]));
}

/** Kind by kind, by name: what a kind gains is not shown unless it is written here. */
function toCredentialsBody(credentials: Credentials): CredentialsBody {
  const { type } = credentials;
  switch (type) {
    case 'basic':
      return { type, username: credentials.username };
    case 'bearer':
      return { type };
    case 'key_header':
      return { type, name: credentials.name };
    case 'oauth2_client_credentials': {
      const { tokenUrl, clientId, audience, scope } = credentials;
      return { type, token_url: tokenUrl, client_id: clientId, audience, scope };
    }
  }
}
