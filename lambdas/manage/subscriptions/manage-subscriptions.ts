import { randomBytes } from 'node:crypto';
import { requireScope } from '../../../core/principal';
import { parsePrivateTargets } from '../../../core/webhooks/targets/network-guard';
import { parseOwnTargets } from '../../../core/webhooks/targets/target-arn';
import { documentClient } from '../../aws/document-client';
import { makeDynamoEventHistory } from '../../aws/dynamo-event-history';
import { makeDynamoFanOutMarkers } from '../../aws/dynamo-fan-out-markers';
import { makeDynamoReplayStore } from '../../aws/dynamo-replay-store';
import { makeDynamoRunNumbers } from '../../aws/dynamo-run-numbers';
import { makeDynamoSubscriptionStore } from '../../aws/dynamo-subscription-store';
import { makeDynamoTopicStore } from '../../aws/dynamo-topic-store';
import { sqsClient } from '../../aws/sqs-client';
import { makeSqsDeliveryQueue } from '../../aws/sqs-delivery-queue';
import type { Authenticator } from '../../shared/authenticate';
import { makeAccountAuthenticator } from '../../shared/authenticate-account';
import { readEnvironment } from '../../shared/environment';
import { type DoorMethods, httpFunction } from '../../shared/http-function';
import type { HttpHandler } from '../../shared/http-message';
import { problemDialect } from '../../shared/problem-dialect';
import { answerSubscription, type SubscriptionPorts } from './answer-subscription';
import { createOrRepeat, listSubscriptions, type SubscriptionsPorts } from './answer-subscriptions';

export type ManageSubscriptionsPorts = SubscriptionsPorts &
  SubscriptionPorts & { readonly authenticate: Authenticator };

/**
 * Trigger: `POST` and `GET /v1/subscriptions`, `GET`, `PATCH` and `DELETE /v1/subscriptions/{id}`, `POST` of its
 *   `rotate-secret`, `test` and `confirm`.
 * Success: 201 with the subscription and, this once, its secret; 200; 202 for a test, and when its target is asked;
 *   204 when it is deleted. In effect at once.
 * Refusal: 400, 401, 403 (scope), 404 (also another's), 409, 413, 422 (target) as problem details.
 * Retry: with an `Idempotency-Key` a POST may be repeated; without, what it made is in the list. The others are
 *   harmless.
 */
export function makeManageSubscriptions(ports: ManageSubscriptionsPorts): HttpHandler {
  return async (request) => {
    const principal = await ports.authenticate(request);
    requireScope(principal, request.method === 'GET' ? 'subscriptions:read' : 'subscriptions:write');
    if (request.parameters.id !== undefined) {
      return answerSubscription(request, principal, request.parameters.id, ports);
    }
    return request.method === 'POST'
      ? createOrRepeat(request, principal, ports)
      : listSubscriptions(request, principal, ports);
  };
}

export const subscriptionMethods: DoorMethods = {
  methods: ['GET', 'POST'],
  methodsOf: {
    '/v1/subscriptions/{id}': ['GET', 'PATCH', 'DELETE'],
    '/v1/subscriptions/{id}/rotate-secret': ['POST'],
    '/v1/subscriptions/{id}/test': ['POST'],
    '/v1/subscriptions/{id}/confirm': ['POST'],
  },
};

export const handler = httpFunction({
  name: 'manage-subscriptions',
  dialect: problemDialect,
  ...subscriptionMethods,
  wire: () => {
    const environment = readEnvironment('manage-subscriptions');
    const client = documentClient();
    const queue = makeSqsDeliveryQueue(sqsClient(), environment.DELIVERIES_QUEUE_URL);
    return makeManageSubscriptions({
      topics: makeDynamoTopicStore(client, environment.REGISTRY_TABLE_NAME),
      subscriptions: makeDynamoSubscriptionStore(client, environment.REGISTRY_TABLE_NAME),
      replays: {
        replays: makeDynamoReplayStore(client, environment.REGISTRY_TABLE_NAME),
        runs: makeDynamoRunNumbers(client, environment.REGISTRY_TABLE_NAME),
      },
      privateTargets: parsePrivateTargets(environment.ALLOW_PRIVATE_TARGETS),
      ownTargets: parseOwnTargets(environment.TARGET_ARNS),
      authenticate: makeAccountAuthenticator(environment),
      markers: makeDynamoFanOutMarkers(client, environment.EVENTS_TABLE_NAME),
      history: makeDynamoEventHistory(client, environment.EVENTS_TABLE_NAME),
      queue,
      confirmations: queue,
      publicBaseUrl: environment.PUBLIC_BASE_URL,
      random: randomBytes,
      now: Date.now,
    });
  },
});
