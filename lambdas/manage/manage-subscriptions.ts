import { randomBytes } from 'node:crypto';
import { type Principal, requireScope } from '../../core/principal';
import {
  changeSubscription,
  deleteSubscription,
  findOwnSubscription,
} from '../../core/topics/change-subscription';
import { createSubscription } from '../../core/topics/create-subscription';
import type { SubscriptionEditor, SubscriptionStore, TopicStore } from '../../core/topics/ports';
import type { DestinationRules } from '../../core/topics/require-destination';
import { subscriptionChangesSchema, subscriptionSchema } from '../../core/topics/subscription-schema';
import { parsePrivateTargets } from '../../core/webhooks/network-guard';
import type { PrepareReplayPorts } from '../../core/webhooks/prepare-replay';
import { parseOwnTargets } from '../../core/webhooks/target-arn';
import { documentClient } from '../aws/document-client';
import { makeDynamoReplayStore } from '../aws/dynamo-replay-store';
import { makeDynamoRunNumbers } from '../aws/dynamo-run-numbers';
import { makeDynamoSubscriptionStore } from '../aws/dynamo-subscription-store';
import { makeDynamoTopicStore } from '../aws/dynamo-topic-store';
import type { Authenticator } from '../shared/authenticate';
import { makeAccountAuthenticator } from '../shared/authenticate-account';
import { readEnvironment } from '../shared/environment';
import { type DoorMethods, httpFunction } from '../shared/http-function';
import type { HttpHandler, HttpReply, HttpRequest } from '../shared/http-message';
import { problemDialect } from '../shared/problem-dialect';
import { readBody, readPaging } from './read-request';
import { toSubscriptionBody } from './subscription-body';

export interface ManageSubscriptionsPorts extends DestinationRules {
  readonly topics: Pick<TopicStore, 'find'>;
  readonly subscriptions: SubscriptionStore & SubscriptionEditor;
  readonly replays: PrepareReplayPorts;
  readonly authenticate: Authenticator;
  /** Cryptographically random. */
  readonly random: (count: number) => Uint8Array;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/**
 * Trigger: `POST` and `GET /v1/subscriptions`, `GET`, `PATCH` and `DELETE /v1/subscriptions/{id}`.
 * Success: 201 with the subscription and, this once, its secret; 200; 204 when it is deleted. In effect at once.
 * Refusal: 400, 401, 403 (scope), 404 (also another's), 413, 422 (target) as problem details.
 * Retry: a POST whose reply was lost may have made a subscription, which the list shows; the others are harmless.
 */
export function makeManageSubscriptions(ports: ManageSubscriptionsPorts): HttpHandler {
  const { subscriptions } = ports;
  return async (request) => {
    const principal = await ports.authenticate(request);
    requireScope(principal, request.method === 'GET' ? 'subscriptions:read' : 'subscriptions:write');
    const { id } = request.parameters;
    if (id !== undefined) {
      return answerOne(request, principal, id);
    }
    return request.method === 'POST' ? create(request, principal) : list(request, principal);
  };

  async function answerOne(request: HttpRequest, principal: Principal, id: string): Promise<HttpReply> {
    switch (request.method) {
      case 'GET':
        return {
          status: 200,
          body: toSubscriptionBody(await findOwnSubscription(id, principal, subscriptions)),
        };
      case 'PATCH': {
        const changes = readBody(request, subscriptionChangesSchema);
        const changed = await changeSubscription(id, changes, principal, ports, at());
        return { status: 200, body: toSubscriptionBody(changed) };
      }
      default:
        await deleteSubscription(id, principal, subscriptions, at());
        return { status: 204 };
    }
  }

  async function create(request: HttpRequest, principal: Principal): Promise<HttpReply> {
    const body = readBody(request, subscriptionSchema);
    const made = await createSubscription(body, principal, ports, at());
    return {
      status: 201,
      // Relative to the path that was called: only that leads through a stage's prefix, too.
      headers: { location: request.path.endsWith('/') ? made.id : `subscriptions/${made.id}` },
      body: { ...toSubscriptionBody(made), secret: made.secrets[0]?.secret },
    };
  }

  async function list(request: HttpRequest, principal: Principal): Promise<HttpReply> {
    const page = await subscriptions.list({ owner: principal.subject, ...readPaging(request) });
    return {
      status: 200,
      body: { subscriptions: page.subscriptions.map(toSubscriptionBody), next: page.next },
    };
  }

  function at(): string {
    return new Date(ports.now()).toISOString();
  }
}

export const subscriptionMethods: DoorMethods = {
  methods: ['GET', 'POST'],
  methodsOf: { '/v1/subscriptions/{id}': ['GET', 'PATCH', 'DELETE'] },
};

export const handler = httpFunction({
  name: 'manage-subscriptions',
  dialect: problemDialect,
  ...subscriptionMethods,
  wire: () => {
    const environment = readEnvironment('manage-subscriptions');
    const client = documentClient();
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
      random: randomBytes,
      now: Date.now,
    });
  },
});
