import { ServiceError } from '../errors';
import type { TopicSelector } from '../events/event';
import { selects } from '../events/topic-pattern';
import { type Principal, requireScope } from '../principal';
import { FIRST_RUN, type PrepareReplayPorts, prepareReplay } from '../webhooks/prepare-replay';
import { isFormatFor, topicsOfFormat } from '../webhooks/webhook-body';
import { requireCredentials } from './client-credentials';
import { applyPolicy, defaultPolicy } from './delivery-policy';
import { toFilter } from './filter-schema';
import { findSelector } from './find-selector';
import type { SubscriptionStore, TopicStore } from './ports';
import { type DestinationRules, requireDestination, requireNothingOfHttp } from './require-destination';
import { mintSigningSecret } from './signing-secret';
import type { Subscription, WebhookFormat } from './subscription';
import { mintSubscriptionId } from './subscription-id';
import type { SubscriptionRequest } from './subscription-schema';
import { systemTopics } from './system-topics';

export interface CreateSubscriptionPorts extends DestinationRules {
  readonly topics: Pick<TopicStore, 'find'>;
  readonly subscriptions: Pick<SubscriptionStore, 'create'>;
  readonly replays: PrepareReplayPorts;
  /** Cryptographically random. */
  readonly random: (count: number) => Uint8Array;
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
  const topic = await findSelector(request.topic, ports.topics);
  if (topic.door === 'system') {
    requireScope(principal, 'subscriptions:system');
  }
  requireDestination(request.target, ports);
  requireNothingOfHttp(request);
  const format = requireFormat(request.format ?? 'standard', topic);
  const subscription: Subscription = {
    id: mintSubscriptionId(ports.random),
    topic,
    owner: principal.subject,
    ...(request.filter && { filter: toFilter(request.filter) }),
    target: request.target,
    format,
    state: 'active',
    policy: applyPolicy(request.policy ?? {}, defaultPolicy),
    secrets: [{ secret: request.secret ?? mintSigningSecret(ports.random) }],
    headers: request.headers ?? {},
    ...(request.credentials && {
      credentials: requireCredentials(request.credentials, ports.privateTargets),
    }),
    ...(request.description !== undefined && { description: request.description }),
    ...(request.replay_from !== undefined && { replaying: FIRST_RUN }),
    createdAt: at,
    updatedAt: at,
  };
  if (request.replay_from !== undefined) {
    await prepareReplay(subscription, request.replay_from, ports.replays);
  }
  await ports.subscriptions.create(subscription);
  return subscription;
}

/** @throws ServiceError `body_invalid` for a format that does not tell of all that the selector selects. */
export function requireFormat(format: WebhookFormat, topic: TopicSelector): WebhookFormat {
  const known = systemTopics.map(({ key }) => key).filter((key) => selects(topic, key));
  if (!(known.length > 0 ? known : [topic]).every((key) => isFormatFor(format, key))) {
    throw new ServiceError('body_invalid', `the format "${format}" tells of ${topicsOfFormat(format)}`);
  }
  return format;
}
