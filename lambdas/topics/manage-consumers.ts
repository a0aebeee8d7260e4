import { randomBytes } from 'node:crypto';
import { castFields } from '../../core/messages/cast-fields';
import {
  type ConsumerCallPorts,
  changeConsumer,
  createConsumer,
  deleteConsumer,
  findConsumer,
  listConsumers,
  listConsumersOf,
  noConsumer,
} from '../../core/messages/consumers/consumer-calls';
import {
  changeTopicRecovery,
  findTopicByNumber,
  listNumberedTopics,
  makeTopic,
} from '../../core/messages/topic-calls';
import { requireScope, type Scope } from '../../core/principal';
import type { TopicStore } from '../../core/topics/ports';
import { parsePrivateTargets } from '../../core/webhooks/targets/network-guard';
import { documentClient } from '../aws/document-client';
import { makeDynamoCallbackSubscriptions } from '../aws/dynamo-callback-subscriptions';
import { makeDynamoDirectory } from '../aws/dynamo-directory';
import { makeDynamoIdentityClaims } from '../aws/dynamo-identity-claims';
import { makeDynamoReplayStore } from '../aws/dynamo-replay-store';
import { makeDynamoRunNumbers } from '../aws/dynamo-run-numbers';
import { makeDynamoSubscriptionStore } from '../aws/dynamo-subscription-store';
import { makeDynamoTopicConsumers } from '../aws/dynamo-topic-consumers';
import { makeDynamoTopicStore } from '../aws/dynamo-topic-store';
import type { Authenticator } from '../shared/authenticate';
import { makeAccountAuthenticator } from '../shared/authenticate-account';
import { readEnvironment } from '../shared/environment';
import { httpFunction } from '../shared/http-function';
import type { HttpHandler, HttpReply, HttpRequest } from '../shared/http-message';
import { topicsDialect, topicsMethods, topicsNotFound } from '../shared/topics-dialect';
import { apiPath } from './api-path';
import { toConsumerBody, toMadeTopicBody, toTopicBody } from './consumer-body';
import { readFields } from './read-fields';

/** Some names and numbers; what is larger is a mistake. */
const BODY_LIMIT_BYTES = 64 * 1024;

const MOST_LISTED = 100;

/** Who makes things where nobody has to say who they are. */
const NOBODY = 'anonymous';

export interface ManageConsumersPorts extends Omit<ConsumerCallPorts, 'topics'> {
  readonly topics: Pick<TopicStore, 'create' | 'find' | 'replace'>;
  readonly topicConsumers: ConsumerCallPorts['topics'];
  /** Left out where everybody may call. */
  readonly authenticate?: Authenticator;
  readonly now: () => Date;
}

/**
 * Trigger: `/api/topics`, `/api/publishers` and what is below them by number, with and without a slash at the end.
 * Success: 201 in the original's words; 200 with `data`, 204. Lists go on at `next`, given as `after`.
 * Refusal: 400 with `data.errors` by field, 409 for what is there, 404, 401 and 403.
 * Retry: harmless: what is there stays as it is, and the client takes 409 for done.
 */
export function makeManageConsumers(ports: ManageConsumersPorts): HttpHandler {
  return async (request) => {
    const [collection = '', id, ...rest] = apiPath(request);
    const operation =
      rest.length === 0 ? operations[`${request.method} ${collection}${id ? '/id' : ''}`] : undefined;
    if (!operation) {
      return topicsNotFound;
    }
    const principal = await ports.authenticate?.(request);
    if (principal !== undefined) {
      requireScope(principal, operation.scope);
    }
    const call = { request, ports, by: principal?.subject ?? NOBODY, at: ports.now().toISOString() };
    if (id === undefined) {
      return operation.answer({ ...call, number: 0 });
    }
    return /^\d{1,15}$/.test(id) ? operation.answer({ ...call, number: Number(id) }) : noNumber;
  };
}

interface Call {
  readonly request: HttpRequest;
  readonly ports: ManageConsumersPorts;
  readonly by: string;
  /** ISO 8601. */
  readonly at: string;
  /** That of the path; 0 where there is none. */
  readonly number: number;
}

interface Operation {
  readonly scope: Scope;
  readonly answer: (call: Call) => Promise<HttpReply>;
}

/** The original's answers to numbers that are none, and to one that nothing has: contract, section 1. */
const noNumber: HttpReply = { status: 400, body: { errors: { detail: 'Bad Request' } } };
const nothingDeleted: HttpReply = { status: 400, body: { data: { errors: 'Anything has wrong' } } };

const operations: Readonly<Record<string, Operation>> = {
  'POST topics': {
    scope: 'topics:write',
    answer: async (call) => ({
      status: 201,
      body: { data: toMadeTopicBody(await makeTopic(fieldsOf(call), call, call.ports)) },
    }),
  },
  'GET topics': {
    scope: 'topics:read',
    answer: async ({ request, ports }) => {
      const { topics, next } = await listNumberedTopics(readPage(request), ports);
      return { status: 200, body: { data: topics.map(toTopicBody), next: next?.toString() } };
    },
  },
  'GET topics/id': {
    scope: 'topics:read',
    answer: async ({ number, ports }) => ok(toTopicBody(await findTopicByNumber(number, ports))),
  },
  'PATCH topics/id': {
    scope: 'topics:write',
    answer: async (call) =>
      ok(toTopicBody(await changeTopicRecovery(call.number, fieldsOf(call), call.ports))),
  },
  'POST publishers': {
    scope: 'subscriptions:write',
    answer: async (call) => {
      await createConsumer(fieldsOf(call), call, consumerPorts(call));
      return { status: 201, body: { data: {} } };
    },
  },
  'GET publishers': {
    scope: 'subscriptions:read',
    answer: async (call) => {
      const { topic } = call.request.query;
      const page = readPage(call.request);
      const { consumers, next } = await (topic === undefined
        ? listConsumers(page, call.ports)
        : listConsumersOf(topic, page, consumerPorts(call)));
      return { status: 200, body: { data: consumers.map(toConsumerBody), next: next?.toString() } };
    },
  },
  'GET publishers/id': {
    scope: 'subscriptions:read',
    answer: async ({ number, ports }) => {
      const found = await findConsumer(number, ports);
      if (!found) {
        throw noConsumer(number);
      }
      return ok(toConsumerBody(found));
    },
  },
  'PATCH publishers/id': {
    scope: 'subscriptions:write',
    answer: async (call) =>
      ok(toConsumerBody(await changeConsumer(call.number, fieldsOf(call), consumerPorts(call), call.at))),
  },
  'DELETE publishers/id': {
    scope: 'subscriptions:write',
    answer: async (call) =>
      (await deleteConsumer(call.number, consumerPorts(call), call.at)) ? { status: 204 } : nothingDeleted,
  },
};

function ok(data: unknown): HttpReply {
  return { status: 200, body: { data } };
}

function fieldsOf({ request }: Call) {
  return readFields(request, BODY_LIMIT_BYTES);
}

function consumerPorts({ ports }: Call): ConsumerCallPorts {
  return { ...ports, topics: ports.topicConsumers };
}

/** @throws RefusedFields. */
function readPage({ query }: HttpRequest): { readonly limit: number; readonly after?: number } {
  const cast = castFields(new Map(Object.entries(query).map(([name, text]) => [name, JSON.stringify(text)])));
  const limit = cast.count('limit', MOST_LISTED) ?? MOST_LISTED;
  const after = cast.count('after', Number.MAX_SAFE_INTEGER);
  cast.finish();
  return { limit, ...(after != null && { after }) };
}

export const handler = httpFunction({
  name: 'manage-consumers',
  dialect: topicsDialect,
  methods: topicsMethods,
  wire: () => {
    const environment = readEnvironment('manage-consumers');
    const [client, table] = [documentClient(), environment.REGISTRY_TABLE_NAME];
    return makeManageConsumers({
      topics: makeDynamoTopicStore(client, table),
      topicConsumers: makeDynamoTopicConsumers(client, table),
      directory: makeDynamoDirectory(client, table),
      claims: makeDynamoIdentityClaims(client, table),
      maker: makeDynamoCallbackSubscriptions(client, table),
      subscriptions: makeDynamoSubscriptionStore(client, table),
      replays: { replays: makeDynamoReplayStore(client, table), runs: makeDynamoRunNumbers(client, table) },
      privateTargets: parsePrivateTargets(environment.ALLOW_PRIVATE_TARGETS),
      publishes: environment.PUBLISHES === 'true',
      // Fail closed: any text but `false` wants credentials.
      ...(environment.REQUIRE_AUTH !== 'false' && { authenticate: makeAccountAuthenticator(environment) }),
      random: randomBytes,
      now: () => new Date(),
    });
  },
});
