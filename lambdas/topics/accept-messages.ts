import { randomBytes } from 'node:crypto';
import { acceptBulk, type BulkAcceptance } from '../../core/messages/accept-bulk';
import { type AcceptPorts, acceptMessage } from '../../core/messages/accept-message';
import { readMessage } from '../../core/messages/message';
import { requireScope, type Scope } from '../../core/principal';
import { documentClient } from '../aws/document-client';
import { makeDynamoScheduleStore } from '../aws/dynamo-schedule-store';
import { makeDynamoTopicConsumers } from '../aws/dynamo-topic-consumers';
import { kinesisClient } from '../aws/kinesis-client';
import { makeKinesisEventIntake } from '../aws/kinesis-event-stream';
import { sqsClient } from '../aws/sqs-client';
import { makeSqsReleaseQueue } from '../aws/sqs-release-queue';
import type { Environment } from '../functions';
import type { Authenticator } from '../shared/authenticate';
import { makeAccountAuthenticator } from '../shared/authenticate-account';
import { readEnvironment } from '../shared/environment';
import { httpFunction } from '../shared/http-function';
import type { HttpHandler, HttpReply, HttpRequest } from '../shared/http-message';
import { makeLogger } from '../shared/logging';
import {
  topicsDialect,
  topicsFailed,
  topicsMethods,
  topicsNotFound,
  topicsThrottled,
} from '../shared/topics-dialect';
import { apiPath } from './api-path';
import { messageIds } from './message-ids';
import { readFields } from './read-fields';
import { answerScheduleCall, type ScheduleCall, type ScheduleCallPorts } from './schedule-calls';

/** Four times what a message may have: JSON may be written at length. */
const MESSAGE_LIMIT_BYTES = 1024 * 1024;

/** A function takes 6 MB as base64, headers included; beyond that the gateway refuses in words that the client can read. */
const BULK_LIMIT_BYTES = 4_500_000;

export interface AcceptMessagesPorts extends AcceptPorts, ScheduleCallPorts {
  /** In one bulk, inclusive. */
  readonly maxBulkMessages: number;
  /** Left out where everybody may publish. */
  readonly authenticate?: Authenticator;
  /** Cryptographically random. */
  readonly random: (count: number) => Uint8Array;
  readonly now: () => Date;
}

/**
 * Trigger: `POST /api/messages`, `/api/bulk_messages`, `/api/schedule_messages` and what lies below the last, with and
 *   without a slash at the end.
 * Success: 201 with the ids of the jobs once the stream, or the schedule, has what was sent: one for each message and
 *   consumer, if any.
 * Refusal: 400 with `data.errors`, 406 for a bulk, 413, 401 and 403; the client stores what was refused by each of them.
 * Retry: with an `Idempotency-Key`, as our SDK sends it, harmless; without, it makes other messages: what Postoffice's
 *   client stores comes back by recovery, which knows its own.
 */
export function makeAcceptMessages(ports: AcceptMessagesPorts): HttpHandler {
  return async (request) => {
    const [collection, id, ...rest] = apiPath(request);
    if (collection === 'schedule_messages' && rest.length === 0) {
      return answerScheduleCall(scheduleCall(request, id, ports), ports);
    }
    switch (request.method === 'POST' && id === undefined && collection) {
      case 'messages':
        return acceptOne(request, ports);
      case 'bulk_messages':
        return acceptMany(request, ports);
      default:
        return topicsNotFound;
    }
  };
}

async function acceptOne(request: HttpRequest, ports: AcceptMessagesPorts): Promise<HttpReply> {
  const makeId = await readIds(request, ports);
  const message = readMessage(readFields(request, MESSAGE_LIMIT_BYTES));
  const acceptance = await acceptMessage(message, { id: makeId(), at: ports.now().toISOString() }, ports);
  return toReply(acceptance, (id) => ({ id }));
}

async function acceptMany(request: HttpRequest, ports: AcceptMessagesPorts): Promise<HttpReply> {
  const makeId = await readIds(request, ports);
  if (request.body.length > BULK_LIMIT_BYTES) {
    return refusedBulk(`the body has ${request.body.length} bytes; the limit is ${BULK_LIMIT_BYTES} bytes`);
  }
  const fields = readFields(request, BULK_LIMIT_BYTES);
  const at = ports.now().toISOString();
  const options = { makeId, at, most: ports.maxBulkMessages };
  return toReply(await acceptBulk(fields, options, ports), (result) => ({ result }));
}

function scheduleCall(
  request: HttpRequest,
  id: string | undefined,
  ports: AcceptMessagesPorts,
): ScheduleCall {
  return {
    request,
    id,
    authorise: (scope) => readIds(request, ports, scope),
    readFields: () => readFields(request, MESSAGE_LIMIT_BYTES),
  };
}

/**
 * What the ids of the call's events are made by.
 * @throws ServiceError when the stage wants to know who calls, and the caller does not prove it.
 */
async function readIds(
  request: HttpRequest,
  { authenticate, random }: AcceptMessagesPorts,
  scope: Scope = 'events:write',
): Promise<() => string> {
  const principal = await authenticate?.(request);
  if (principal !== undefined) {
    requireScope(principal, scope);
  }
  return messageIds(request, principal?.subject, random);
}

/** Contract Postoffice, section 1.4: nothing was stored. */
function refusedBulk(reason: string): HttpReply {
  return { status: 406, body: { data: { errors: reason } } };
}

/** 201 and nothing else is a success to the client. */
function toReply(acceptance: BulkAcceptance, toBody: (ids: readonly number[]) => unknown): HttpReply {
  switch (acceptance.outcome) {
    case 'accepted':
      return { status: 201, body: toBody(acceptance.ids) };
    case 'refused':
      return refusedBulk(acceptance.reason);
    case 'throttled':
      return topicsThrottled;
    case 'failed':
      return topicsFailed;
  }
}

export const handler = httpFunction({
  name: 'accept-messages',
  dialect: topicsDialect,
  methods: topicsMethods,
  wire: () => wireAcceptMessages(readEnvironment('accept-messages'), makeLogger('accept-messages')),
});

function wireAcceptMessages(
  environment: Environment<'accept-messages'>,
  logger: ReturnType<typeof makeLogger>,
): HttpHandler {
  return makeAcceptMessages({
    topics: makeDynamoTopicConsumers(documentClient(), environment.REGISTRY_TABLE_NAME),
    stream: makeKinesisEventIntake(kinesisClient(), environment.EVENTS_STREAM_NAME, (failure) =>
      logger.error('failed', { error: failure as Error }),
    ),
    schedule: makeDynamoScheduleStore(documentClient(), environment.SCHEDULED_MESSAGES_TABLE_NAME),
    queue: makeSqsReleaseQueue(sqsClient, environment.RELEASES_QUEUE_URL),
    onQueueFailure: (failure) =>
      logger.error('a scheduled message is left to the tick: the queue failed', { error: failure as Error }),
    maxBulkMessages: Number(environment.MAX_BULK_MESSAGES),
    // Fail closed: any text but `false` wants credentials.
    ...(environment.REQUIRE_AUTH !== 'false' && { authenticate: makeAccountAuthenticator(environment) }),
    random: randomBytes,
    now: () => new Date(),
  });
}
