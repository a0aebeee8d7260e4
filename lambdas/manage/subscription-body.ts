import type { ClientCredentials, Subscription } from '../../core/topics/subscription';
import { HIDDEN_VALUE } from '../../core/topics/subscription-headers';
import { topicReferenceText } from '../../core/topics/topic-reference';

/** A subscription as its owner reads it: everything but the secrets. */
export function toSubscriptionBody(subscription: Subscription): Record<string, unknown> {
  const { policy } = subscription;
  return {
    id: subscription.id,
    topic: topicReferenceText(subscription.topic),
    // Names of other doors may look like patterns.
    pattern: subscription.topic.isPattern,
    filter: subscription.filter,
    target: subscription.target,
    format: subscription.format,
    state: subscription.state,
    state_reason: subscription.stateReason,
    description: subscription.description,
    replaying: subscription.replaying,
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
    created_at: subscription.createdAt,
    updated_at: subscription.updatedAt,
  };
}

function withoutValues(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.keys(headers).map((name) => [name, HIDDEN_VALUE]));
}

function toCredentialsBody({ type, tokenUrl, clientId, audience, scope }: ClientCredentials) {
  return { type, token_url: tokenUrl, client_id: clientId, audience, scope };
}
