import * as z from 'zod';
import { requireScope } from '../../core/principal';
import { createTopic } from '../../core/topics/create-topic';
import { type AnyTopic, findTopic, listTopics } from '../../core/topics/find-topics';
import type { TopicStore } from '../../core/topics/ports';
import { topicReferenceText } from '../../core/topics/topic-reference';
import { documentClient } from '../aws/document-client';
import { makeDynamoTopicStore } from '../aws/dynamo-topic-store';
import { type Authenticator, makeAuthenticator } from '../shared/authenticate';
import { readEnvironment } from '../shared/environment';
import { type DoorMethods, httpFunction } from '../shared/http-function';
import type { HttpHandler, HttpReply, HttpRequest } from '../shared/http-message';
import { problemDialect } from '../shared/problem-dialect';
import { readBody, readPaging } from './read-request';

const topicSchema = z.strictObject({ name: z.string(), description: z.string().max(500).optional() });

export interface ManageTopicsPorts {
  readonly topics: TopicStore;
  readonly authenticate: Authenticator;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/**
 * Trigger: `POST` and `GET /v1/topics`, `GET /v1/topics/{name}`.
 * Success: 201 with the topic that was made; 200 with a page of topics, or one.
 * Refusal: 400, 401, 403 (scope), 404, 409 (the name is taken), 413 as problem details.
 * Retry: harmless; a repeated POST whose first reply was lost is a 409.
 */
export function makeManageTopics({ topics, authenticate, now }: ManageTopicsPorts): HttpHandler {
  return async (request) => {
    const principal = await authenticate(request);
    if (request.method === 'POST') {
      requireScope(principal, 'topics:write');
      return create(request);
    }
    requireScope(principal, 'topics:read');
    const { name } = request.parameters;
    return name === undefined ? list(request) : { status: 200, body: toBody(await findTopic(name, topics)) };
  };

  async function create(request: HttpRequest): Promise<HttpReply> {
    const topic = await createTopic(readBody(request, topicSchema), topics, new Date(now()).toISOString());
    return { status: 201, body: toBody(topic) };
  }

  async function list(request: HttpRequest): Promise<HttpReply> {
    const page = await listTopics(readPaging(request), topics);
    return { status: 200, body: { topics: page.topics.map(toBody), next: page.next } };
  }
}

function toBody(topic: AnyTopic): Record<string, unknown> {
  return {
    name: topicReferenceText(topic.key),
    door: topic.key.door,
    description: topic.description,
    built_in: topic.key.door === 'system',
    created_at: 'createdAt' in topic ? topic.createdAt : undefined,
  };
}

export const topicMethods: DoorMethods = {
  methods: ['GET', 'POST'],
  methodsOf: { '/v1/topics/{name}': ['GET'] },
};

export const handler = httpFunction({
  name: 'manage-topics',
  dialect: problemDialect,
  ...topicMethods,
  wire: () => {
    const environment = readEnvironment('manage-topics');
    return makeManageTopics({
      topics: makeDynamoTopicStore(documentClient(), environment.REGISTRY_TABLE_NAME),
      authenticate: makeAuthenticator(environment),
      now: Date.now,
    });
  },
});
