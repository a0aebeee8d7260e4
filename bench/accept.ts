import { randomBytes } from 'node:crypto';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { entityEventSchema } from '../core/events/entity-event';
import { sliceMembers } from '../core/json-slices';
import { readMessage } from '../core/messages/message';
import { judgePartialProfile } from '../core/person/profile-schema';
import { makeSubmitChange } from '../lambdas/change/submit-change';
import { makePublishEvents } from '../lambdas/events/publish-events';
import { makeAuthenticator } from '../lambdas/shared/authenticate';
import { cisDialect } from '../lambdas/shared/cis-dialect';
import { eventsDialect } from '../lambdas/shared/events-dialect';
import { httpFunction } from '../lambdas/shared/http-function';
import { makeTimeLimit } from '../lambdas/shared/time-limit';
import { topicsDialect } from '../lambdas/shared/topics-dialect';
import { type AcceptMessagesPorts, makeAcceptMessages } from '../lambdas/topics/accept-messages';
import { makeMemoryTopicReader } from '../test/support/memory-messages';
import { MemorySubscriptionStore, MemoryTopicStore } from '../test/support/memory-registry';
import { MemoryReleaseQueue, MemorySchedule } from '../test/support/memory-schedule';
import { trustingEnvironment, unsignedToken } from '../test/support/tokens';
import { cpuSample } from './cpu-time';
import type { Bench, Plan } from './figure';
import { quietly } from './quietly';
import { type Case, measureAll } from './rounds';
import { vectorText } from './vectors';

const BUDGET = 1.5;

type Door = (event: APIGatewayProxyEvent) => Promise<{ readonly statusCode: number; readonly body: string }>;

export const accept: Bench = {
  name: 'accept',
  measures:
    'POST of one change, message or event at the function boundary, with stores and streams in memory',
  floor: 'JSON parse and schema check of the same body',
  run: async (plan) => measureAll([change(plan), await messages(plan), events(plan)], plan),
};

function change(plan: Plan): Case {
  const door = httpFunction({
    name: 'submit-change',
    dialect: cisDialect,
    methods: ['POST'],
    wire: () =>
      makeSubmitChange({
        authenticate: makeAuthenticator(trustingEnvironment),
        stream: {
          append: async () => ({ sequenceNumber: '49590338271490256608', shardId: 'shardId-000000000000' }),
          appendMany: async (records) => records.map(() => undefined),
        },
        statuses: { readMany: async () => [] },
        now: () => new Date(),
        pause: async () => undefined,
        waitSeconds: 0,
        allowDelete: false,
      }),
  });
  const body = vectorText('update-by-mozilliansorg');
  return caseOf('change', plan, {
    door,
    path: '/change',
    body,
    check: () => judgePartialProfile(JSON.parse(body)),
  });
}

async function messages(plan: Plan): Promise<Case> {
  const [topics, subscriptions] = [new MemoryTopicStore(), new MemorySubscriptionStore()];
  await topics.create({ key: { door: 'topics', name: 'orders' }, number: 1, createdAt: 'then' });
  const ports: AcceptMessagesPorts = {
    topics: makeMemoryTopicReader(topics, subscriptions),
    stream: { offer: async (batches) => batches.map(() => 'taken') },
    schedule: new MemorySchedule(),
    queue: new MemoryReleaseQueue(),
    onQueueFailure: () => undefined,
    maxBulkMessages: 3000,
    random: randomBytes,
    now: () => new Date(),
  };
  const door = httpFunction({
    ...{ name: 'accept-messages', dialect: topicsDialect },
    methods: ['POST'],
    wire: () => makeAcceptMessages(ports),
  });
  const payload = { id: 'P-1', total: 12.5, text: 'x'.repeat(900) };
  const body = JSON.stringify({ topic: 'orders', payload, attributes: { kind: 'bench' } });
  // The door keeps the texts of the members and judges the topic's name: that is its schema.
  const check = () => [JSON.parse(body), readMessage(sliceMembers(body))];
  return caseOf('messages', plan, { door, path: '/api/messages', body, check });
}

function events(plan: Plan): Case {
  const door = httpFunction({
    name: 'publish-events',
    dialect: eventsDialect,
    methods: ['POST'],
    wire: () =>
      makePublishEvents({
        topics: new MemoryTopicStore(),
        stream: { offer: async (batches) => batches.map(() => 'taken') },
        timeLimit: makeTimeLimit(200),
        acceptUnknownTopics: true,
        makeJobId: () => 'job-1',
        random: randomBytes,
        clock: Date.now,
      }),
  });
  const body = JSON.stringify({
    ...{ category: 'policies', entity: 'Policy', action: 'Issued' },
    data: {
      id: 'P-1',
      total: 12.5,
      lines: Array.from({ length: 20 }, (_, number) => ({ number, text: 'x'.repeat(20) })),
    },
    actor: { id: 'USER-1', type: 'user' },
  });
  const check = () => entityEventSchema.safeParse(JSON.parse(body));
  return caseOf('events', plan, { door, path: '/events', body, check });
}

interface Post {
  readonly door: Door;
  readonly path: string;
  readonly body: string;
  readonly check: () => unknown;
}

function caseOf(name: string, plan: Plan, { door, path, body, check }: Post): Case {
  const token = unsignedToken({ scope: 'write events:write' });
  const event = {
    ...{ httpMethod: 'POST', path, resource: path, pathParameters: null, queryStringParameters: null },
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', Host: 'localhost' },
    ...{ body, isBase64Encoded: false, requestContext: { requestId: 'request-1' } },
  } as unknown as APIGatewayProxyEvent;
  const subject = async () => {
    const { statusCode, body: text } = await door(event);
    if (statusCode >= 300) {
      throw new Error(`${path} answered ${statusCode}: ${text}`);
    }
  };
  return {
    name: `accept/${name}`,
    budget: BUDGET,
    unit: 'µs of CPU per request',
    subject: quietly(cpuSample(plan.sampleMilliseconds, subject)),
    floor: cpuSample(plan.sampleMilliseconds, check),
  };
}
