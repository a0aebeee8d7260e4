import type { Principal } from '../../../core/principal';
import type { SecretStore, SubscriptionEditor, SubscriptionStore } from '../../../core/topics/ports';
import type { AskTargetPorts } from '../../../core/topics/subscriptions/ask-target';
import { askTargetAgain } from '../../../core/topics/subscriptions/ask-target-again';
import {
  changeSubscription,
  deleteSubscription,
  findOwnSubscription,
} from '../../../core/topics/subscriptions/change-subscription';
import type { DestinationRules } from '../../../core/topics/subscriptions/require-destination';
import { rotateSecret, rotationSchema } from '../../../core/topics/subscriptions/rotate-secret';
import { sendTestEvent, type TestEventPorts } from '../../../core/topics/subscriptions/send-test-event';
import { subscriptionChangesSchema } from '../../../core/topics/subscriptions/subscription-schema';
import type { HttpReply, HttpRequest } from '../../shared/http-message';
import { markReplay, readIdempotency } from '../idempotency';
import { readBody, readOptionalBody } from '../read-request';
import { withSecret } from './answer-subscriptions';
import { toSubscriptionBody } from './subscription-body';
import { confirmSchema, testEventSchema } from './subscription-requests';

export interface SubscriptionPorts extends TestEventPorts, DestinationRules, Omit<AskTargetPorts, 'baseUrl'> {
  readonly subscriptions: Pick<SubscriptionStore, 'find' | 'changeState'> & SubscriptionEditor & SecretStore;
  /** Under which the API is called from outside. @default as it was asked */
  readonly publicBaseUrl: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What is asked of one subscription: everything below `/v1/subscriptions/{id}`. */
export async function answerSubscription(
  request: HttpRequest,
  principal: Principal,
  id: string,
  ports: SubscriptionPorts,
): Promise<HttpReply> {
  if (request.resource.endsWith('/rotate-secret')) {
    return rotate(request, principal, id, ports);
  }
  if (request.resource.endsWith('/test')) {
    return test(request, principal, id, ports);
  }
  const { subscriptions, now } = ports;
  const at = new Date(now()).toISOString();
  const asking = { ...ports, baseUrl: ports.publicBaseUrl || request.baseUrl };
  if (request.resource.endsWith('/confirm')) {
    const idempotency = readIdempotency(request, principal, readOptionalBody(request, confirmSchema));
    const asked = await askTargetAgain(id, principal, asking, at, idempotency);
    const reply = { status: 202, body: toSubscriptionBody(asked.subscription, now()) };
    return markReplay(reply, asked.isReplay);
  }
  switch (request.method) {
    case 'GET': {
      const found = await findOwnSubscription(id, principal, subscriptions);
      return { status: 200, body: toSubscriptionBody(found, now()) };
    }
    case 'PATCH': {
      const changes = readBody(request, subscriptionChangesSchema);
      const changed = await changeSubscription(id, changes, principal, asking, at);
      return { status: 200, body: toSubscriptionBody(changed, now()) };
    }
    default:
      await deleteSubscription(id, principal, subscriptions, at);
      return { status: 204 };
  }
}

async function rotate(
  request: HttpRequest,
  principal: Principal,
  id: string,
  ports: SubscriptionPorts,
): Promise<HttpReply> {
  const body = readOptionalBody(request, rotationSchema);
  const idempotency = readIdempotency(request, principal, body);
  const now = ports.now();
  const { subscription, secret, isReplay } = await rotateSecret(id, body, principal, ports, now, idempotency);
  return markReplay({ status: 200, body: withSecret(subscription, secret, now) }, isReplay);
}

async function test(
  request: HttpRequest,
  principal: Principal,
  id: string,
  ports: SubscriptionPorts,
): Promise<HttpReply> {
  const idempotency = readIdempotency(request, principal, readOptionalBody(request, testEventSchema));
  const sent = await sendTestEvent(id, principal, ports, ports.now(), idempotency);
  const body = { event_id: sent.eventId, delivery_id: sent.deliveryId, subscription_id: id };
  return markReplay({ status: 202, body }, sent.isReplay);
}
