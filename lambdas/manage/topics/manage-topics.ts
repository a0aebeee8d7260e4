import { type Principal, requireScope } from '../../../core/principal';
import { changeTopic, deleteTopic } from '../../../core/topics/change-topic';
import { createTopic } from '../../../core/topics/create-topic';
import { findTopic, listTopics } from '../../../core/topics/find-topics';
import type { SubscriptionStore, TopicStore } from '../../../core/topics/ports';
import type { TimeLimit } from '../../../core/topics/schemas/time-limit';
import { topicChangesSchema, topicSchema } from '../../../core/topics/topic-request';
import { documentClient } from '../../aws/document-client';
import { makeDynamoSubscriptionStore } from '../../aws/dynamo-subscription-store';
import { makeDynamoTopicStore } from '../../aws/dynamo-topic-store';
import type { Authenticator } from '../../shared/authenticate';
import { makeAccountAuthenticator } from '../../shared/authenticate-account';
import { readEnvironment } from '../../shared/environment';
import { type DoorMethods, httpFunction } from '../../shared/http-function';
import type { HttpHandler, HttpReply, HttpRequest } from '../../shared/http-message';
import { problemDialect } from '../../shared/problem-dialect';
import { makeTimeLimit } from '../../shared/time-limit';
import { markReplay, readIdempotency } from '../idempotency';
import { readBody, readPaging } from '../read-request';
import { toTopicBody, toTopicSummary } from './topic-body';

/** For trying out a schema; one that needs more would hold up whoever publishes. */
const SCHEMA_MILLISECONDS = 500;

export interface ManageTopicsPorts {
  readonly topics: TopicStore;
  readonly subscriptions: Pick<SubscriptionStore, 'ofTopic'>;
  readonly timeLimit: TimeLimit;
  readonly authenticate: Authenticator;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/**
 * Trigger: `POST` and `GET /v1/topics`, `GET`, `PATCH` and `DELETE /v1/topics/{name}`.
 * Success: 201 with the topic that was made, 200 when the same call made it before; 200 with a page of topics, or
 * one; 204 when it is deleted.
 * Refusal: 400, 401, 403 (scope, or not of this door), 404, 409 (the name is taken, or somebody subscribes), 413 as
 * problem details.
 * Retry: harmless.
 */
export function makeManageTopics(ports: ManageTopicsPorts): HttpHandler {
  const { topics, authenticate, now } = ports;
  return async (request) => {
    const principal = await authenticate(request);
    requireScope(principal, request.method === 'GET' ? 'topics:read' : 'topics:write');
    const { name } = request.parameters;
    if (name !== undefined) {
      return answerOne(request, name);
    }
    return request.method === 'POST' ? create(request, principal) : list(request);
  };

  async function create(request: HttpRequest, principal: Principal): Promise<HttpReply> {
    const body = readBody(request, topicSchema);
    const idempotency = readIdempotency(request, principal, body);
    const made = await createTopic(body, principal.subject, ports, at(), idempotency);
    const isReplay = made.outcome === 'found';
    const reply = { status: isReplay ? 200 : 201, body: toTopicBody(made.topic) };
    return markReplay(reply, isReplay && idempotency !== undefined);
  }

  async function answerOne(request: HttpRequest, name: string): Promise<HttpReply> {
    switch (request.method) {
      case 'GET':
        return { status: 200, body: toTopicBody(await findTopic(name, topics)) };
      case 'PATCH': {
        const changes = readBody(request, topicChangesSchema);
        return { status: 200, body: toTopicBody(await changeTopic(name, changes, ports, at())) };
      }
      default:
        await deleteTopic(name, ports);
        return { status: 204 };
    }
  }

  async function list(request: HttpRequest): Promise<HttpReply> {
    const page = await listTopics(readPaging(request), topics);
    return { status: 200, body: { topics: page.topics.map(toTopicSummary), next: page.next } };
  }

  function at(): string {
    return new Date(now()).toISOString();
  }
}

export const topicMethods: DoorMethods = {
  methods: ['GET', 'POST'],
  methodsOf: { '/v1/topics/{name}': ['GET', 'PATCH', 'DELETE'] },
};

export const handler = httpFunction({
  name: 'manage-topics',
  dialect: problemDialect,
  ...topicMethods,
  wire: () => {
    const environment = readEnvironment('manage-topics');
    const client = documentClient();
    return makeManageTopics({
      topics: makeDynamoTopicStore(client, environment.REGISTRY_TABLE_NAME),
      subscriptions: makeDynamoSubscriptionStore(client, environment.REGISTRY_TABLE_NAME),
      timeLimit: makeTimeLimit(SCHEMA_MILLISECONDS),
      authenticate: makeAccountAuthenticator(environment),
      now: Date.now,
    });
  },
});
