import type { SubscriptionChanges } from '../../core/topics/ports';
import { toConfirmationAttribute } from './confirmation-attribute';
import { withoutHealth } from './health-attributes';
import { toPolicyAttribute } from './policy-attribute';
import { toConsumerAttribute, toCredentialsAttribute, toFilterAttribute } from './subscription-row';
import type { Assignments } from './update-expression';

/** The attributes of a subscription's row after its owner's changes. @param at ISO 8601. */
export function toAssignments(changes: SubscriptionChanges, at: string): Assignments {
  const { description, target, filter, format, headers, credentials, policy, state } = changes;
  const { contentMode, legacyGrant, confirmation } = changes;
  return {
    updated_at: at,
    description,
    target,
    filter: filter && toFilterAttribute(filter),
    format,
    content_mode: contentMode,
    legacy_grant: legacyGrant,
    confirmation: confirmation && toConfirmationAttribute(confirmation),
    headers,
    credentials: credentials && toCredentialsAttribute(credentials),
    consumer: changes.consumer && toConsumerAttribute(changes.consumer),
    policy: policy && toPolicyAttribute(policy),
    ...(state && { state, state_reason: null }),
    // What is switched on again, or leads elsewhere, begins with a clean record.
    ...((state === 'active' || target !== undefined) && withoutHealth),
  };
}
