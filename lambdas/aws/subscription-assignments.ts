import type { SubscriptionChanges } from '../../core/topics/ports';
import { withoutHealth } from './health-attributes';
import { toPolicyAttribute } from './policy-attribute';
import { toConsumerAttribute, toCredentialsAttribute, toFilterAttribute } from './subscription-row';
import type { Assignments } from './update-expression';

/** The attributes of a subscription's row after its owner's changes. @param at ISO 8601. */
export function toAssignments(changes: SubscriptionChanges, at: string): Assignments {
  const { description, target, filter, format, contentMode, headers, credentials, policy, state } = changes;
  return {
    updated_at: at,
    description,
    target,
    filter: filter && toFilterAttribute(filter),
    format,
    content_mode: contentMode,
    headers,
    credentials: credentials && toCredentialsAttribute(credentials),
    consumer: changes.consumer && toConsumerAttribute(changes.consumer),
    policy: policy && toPolicyAttribute(policy),
    ...(state && { state, state_reason: null }),
    // What is switched on again, or leads elsewhere, begins with a clean record.
    ...((state === 'active' || target !== undefined) && withoutHealth),
  };
}
