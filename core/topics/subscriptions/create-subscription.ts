import { ServiceError } from '../../errors';
import type { TopicSelector } from '../../events/event';
import { selects } from '../../events/topic-pattern';
import { bytesFrom, type Idempotency, requireSameRequest } from '../../idempotency';
import { type Principal, requireScope } from '../../principal';
import { FIRST_RUN, type PrepareReplayPorts, prepareReplay } from '../../webhooks/replays/prepare-replay';
import { requireContentMode, requireLegacyGrant } from '../../webhooks/requests/content-mode';
import { isFormatFor, topicsOfFormat } from '../../webhooks/requests/webhook-body';
import { requireCredentials } from '../credentials/credentials-schema';
import { mintSigningSecret } from '../credentials/signing-secret';
import { toFilter } from '../filters/filter-schema';
import { findSelector } from '../find-selector';
import type { SubscriptionStore, TopicStore } from '../ports';
import { systemTopics } from '../system-topics';
import { type AskTargetPorts, askTarget } from './ask-target';
import { needsConfirmation, newConfirmation } from './confirmation';
import { applyPolicy, defaultPolicy } from './delivery-policy';
import {
  type DestinationRules,
  requireDestination,
  requireNothingOfHttp,
  requireSecureTarget,
} from './require-destination';
import type { Subscription, WebhookFormat } from './subscription';
import { mintSubscriptionId } from './subscription-id';
import type { SubscriptionRequest } from './subscription-schema';

export interface CreateSubscriptionPorts extends DestinationRules, AskTargetPorts {
  readonly topics: Pick<TopicStore, 'find'>;
  readonly subscriptions: Pick<SubscriptionStore, 'create'>;
  readonly replays: PrepareReplayPorts;
}

/**
 * Makes an active subscription that belongs to the caller; events published after it returned are delivered, after
 * the history that it asks for.
 * @param at ISO 8601.
 * @throws ServiceError `not_found` (topic), `insufficient_scope` (a system topic), `target_refused`,
 *   `body_invalid` (a format that does not tell of the topic).
 */
export async function createSubscription(
  request: SubscriptionRequest,
  principal: Principal,
  ports: CreateSubscriptionPorts,
  at: string,
): Promise<Subscription> {
  const id = mintSubscriptionId(ports.random);
  const subscription = await toSubscription(id, request, principal, ports, at);
  if ((await keep(subscription, request, ports)) === 'already_exists') {
    throw new Error('the id of a new subscription is taken');
  }
  await askTarget(subscription, ports);
  return subscription;
}

/**
 * The same, but a repetition finds what the first call made, with its secret.
 * @throws ServiceError also `conflict`: the key was used with another body, or what it made is deleted.
 */
export async function createSubscriptionOnce(
  request: SubscriptionRequest,
  principal: Principal,
  ports: CreateSubscriptionPorts & { readonly subscriptions: Pick<SubscriptionStore, 'find'> },
  at: string,
  idempotency: Idempotency,
): Promise<{ readonly subscription: Subscription; readonly isReplay: boolean }> {
  const id = mintSubscriptionId(bytesFrom(idempotency.seed));
  const found = await ports.subscriptions.find(id);
  if (!found) {
    const made = await toSubscription(id, request, principal, ports, at);
    const subscription = { ...made, madeBy: idempotency.digest };
    if ((await keep(subscription, request, ports)) === 'created') {
      await askTarget(subscription, ports);
      return { subscription, isReplay: false };
    }
  }
  // Somebody was faster: the same call at the same moment, as a rule.
  const earlier = found ?? (await ports.subscriptions.find(id));
  requireSameRequest(idempotency, earlier?.madeBy);
  if (earlier === undefined || earlier.state === 'deleted') {
    const key = JSON.stringify(idempotency.key);
    throw new ServiceError('conflict', `the subscription that the Idempotency-Key ${key} made is deleted`);
  }
  requireScopeFor(earlier.topic, principal);
  await askTarget(earlier, ports);
  return { subscription: earlier, isReplay: true };
}

async function toSubscription(
  id: string,
  request: SubscriptionRequest,
  principal: Principal,
  ports: CreateSubscriptionPorts,
  at: string,
): Promise<Subscription> {
  const topic = await findSelector(request.topic, ports.topics);
  requireScopeFor(topic, principal);
  requireDestination(request.target, ports);
  requireNothingOfHttp(request);
  const format = requireFormat(request.format ?? 'standard', topic);
  const contentMode = request.content_mode;
  const { target, legacy_grant: legacyGrant } = request;
  requireContentMode({ format, target, ...(contentMode && { contentMode }) });
  requireSecureTarget({ target, format }, ports);
  requireLegacyGrant(legacyGrant, format);
  return {
    id,
    topic,
    owner: principal.subject,
    ...(request.filter && { filter: toFilter(request.filter) }),
    target,
    format,
    ...(contentMode && { contentMode }),
    ...(legacyGrant !== undefined && { legacyGrant }),
    ...(needsConfirmation({ format, target }) && { confirmation: newConfirmation({ ...ports, at }) }),
    state: 'active',
    policy: applyPolicy(request.policy ?? {}, defaultPolicy),
    secrets: [{ secret: request.secret ?? mintSigningSecret(ports.random, request.signature) }],
    headers: request.headers ?? {},
    ...(request.credentials && {
      credentials: requireCredentials(request.credentials, ports.privateTargets),
    }),
    ...(request.description !== undefined && { description: request.description }),
    ...(request.replay_from !== undefined && { replaying: FIRST_RUN }),
    createdAt: at,
    updatedAt: at,
  };
}

async function keep(
  subscription: Subscription,
  { replay_from }: SubscriptionRequest,
  ports: CreateSubscriptionPorts,
): Promise<'created' | 'already_exists'> {
  if (replay_from !== undefined) {
    await prepareReplay(subscription, replay_from, ports.replays);
  }
  return ports.subscriptions.create(subscription);
}

function requireScopeFor({ door }: TopicSelector, principal: Principal): void {
  if (principal.door !== undefined && door !== principal.door) {
    throw new ServiceError(
      'insufficient_scope',
      `these credentials are of one client family: they subscribe to topics such as ${principal.door}/NAME alone; ` +
        'an API key of an account may subscribe to others',
    );
  }
  if (door === 'system') {
    requireScope(principal, 'subscriptions:system');
  }
}

/** @throws ServiceError `body_invalid` for a format that does not tell of all that the selector selects. */
export function requireFormat(format: WebhookFormat, topic: TopicSelector): WebhookFormat {
  const known = systemTopics.map(({ key }) => key).filter((key) => selects(topic, key));
  if (!(known.length > 0 ? known : [topic]).every((key) => isFormatFor(format, key))) {
    throw new ServiceError('body_invalid', `the format "${format}" tells of ${topicsOfFormat(format)}`);
  }
  return format;
}
