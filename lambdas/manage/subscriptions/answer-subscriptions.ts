import { ServiceError } from '../../../core/errors';
import type { Principal } from '../../../core/principal';
import { versionOf } from '../../../core/topics/credentials/signing-secret';
import type { SubscriptionStore, TopicStore } from '../../../core/topics/ports';
import type { AskTargetPorts } from '../../../core/topics/subscriptions/ask-target';
import {
  createSubscription,
  createSubscriptionOnce,
} from '../../../core/topics/subscriptions/create-subscription';
import type { DestinationRules } from '../../../core/topics/subscriptions/require-destination';
import type { Subscription } from '../../../core/topics/subscriptions/subscription';
import { subscriptionSchema } from '../../../core/topics/subscriptions/subscription-schema';
import { parseTopicReference, topicReferenceText } from '../../../core/topics/topic-reference';
import type { PrepareReplayPorts } from '../../../core/webhooks/replays/prepare-replay';
import type { HttpReply, HttpRequest } from '../../shared/http-message';
import { markReplay, readIdempotency } from '../idempotency';
import { readBody, readPaging } from '../read-request';
import { toSubscriptionBody } from './subscription-body';
import { subscriptionStates } from './subscription-requests';

export interface SubscriptionsPorts extends DestinationRules, Omit<AskTargetPorts, 'baseUrl'> {
  readonly topics: Pick<TopicStore, 'find'>;
  readonly subscriptions: Pick<SubscriptionStore, 'create' | 'find' | 'list'>;
  readonly replays: PrepareReplayPorts;
  /** Under which the API is called from outside. @default as it was asked */
  readonly publicBaseUrl: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** `POST /v1/subscriptions`: with an `Idempotency-Key` the same call gets the same subscription and secret. */
export async function createOrRepeat(
  request: HttpRequest,
  principal: Principal,
  ports: SubscriptionsPorts,
): Promise<HttpReply> {
  const body = readBody(request, subscriptionSchema);
  const at = new Date(ports.now()).toISOString();
  const idempotency = readIdempotency(request, principal, body);
  const asking = { ...ports, baseUrl: ports.publicBaseUrl || request.baseUrl };
  const { subscription, isReplay } = idempotency
    ? await createSubscriptionOnce(body, principal, asking, at, idempotency)
    : { subscription: await createSubscription(body, principal, asking, at), isReplay: false };
  const { id } = subscription;
  const reply = {
    status: 201,
    // Relative to the path that was called: only that leads through a stage's prefix, too.
    headers: { location: request.path.endsWith('/') ? id : `subscriptions/${id}` },
    body: withSecret(subscription, subscription.secrets[0]?.secret, ports.now()),
  };
  return markReplay(reply, isReplay);
}

/** A private key is never told: receivers need its public half, and nobody else the private one. */
export function withSecret(subscription: Subscription, secret: string | undefined, now: number) {
  const isShared = secret !== undefined && versionOf(secret) === 'v1';
  return { ...toSubscriptionBody(subscription, now), ...(isShared && { secret }) };
}

/** `GET /v1/subscriptions`: the caller's, by topic (or pattern) and state. */
export async function listSubscriptions(
  request: HttpRequest,
  principal: Principal,
  { subscriptions, now }: SubscriptionsPorts,
): Promise<HttpReply> {
  const { topic, state } = request.query;
  if (state !== undefined && !subscriptionStates.some((one) => one === state)) {
    throw new ServiceError('parameter_invalid', `"state" is one of ${subscriptionStates.join(', ')}`);
  }
  const name = topic === undefined ? undefined : topicReferenceText(parseTopicReference(topic));
  const where = (one: Subscription) =>
    (state === undefined || one.state === state) &&
    (name === undefined || topicReferenceText(one.topic) === name);
  const isFiltered = state !== undefined || name !== undefined;
  const page = await subscriptions.list({
    owner: principal.subject,
    ...readPaging(request),
    ...(isFiltered && { where }),
  });
  return {
    status: 200,
    body: {
      subscriptions: page.subscriptions.map((one) => toSubscriptionBody(one, now())),
      next: page.next,
    },
  };
}
