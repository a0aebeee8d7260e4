import { randomBytes } from 'node:crypto';
import type { Acceptance, AcceptPorts } from '../../core/messages/accept-message';
import { acceptMessage } from '../../core/messages/accept-message';
import { readMessage } from '../../core/messages/message';
import { requireScope } from '../../core/principal';
import { documentClient } from '../aws/document-client';
import { makeDynamoTopicConsumers } from '../aws/dynamo-topic-consumers';
import { kinesisClient } from '../aws/kinesis-client';
import { makeKinesisEventIntake } from '../aws/kinesis-event-stream';
import type { Environment } from '../functions';
import type { Authenticator } from '../shared/authenticate';
import { makeAccountAuthenticator } from '../shared/authenticate-account';
import { readEnvironment } from '../shared/environment';
import { httpFunction } from '../shared/http-function';
import type { HttpHandler, HttpReply, HttpRequest } from '../shared/http-message';
import { makeLogger } from '../shared/logging';
import { topicsDialect, topicsFailed, topicsNotFound, topicsThrottled } from '../shared/topics-dialect';
import { apiPath } from './api-path';
import { readFields } from './read-fields';

/** Four times what a message may have: JSON may be written at length. */
const MESSAGE_LIMIT_BYTES = 1024 * 1024;

export interface AcceptMessagesPorts extends AcceptPorts {
  /** Left out where everybody may publish. */
  readonly authenticate?: Authenticator;
  /** Cryptographically random. */
  readonly random: (count: number) => Uint8Array;
  readonly now: () => Date;
}

/**
 * Trigger: `POST /api/messages`, with and without a slash at the end.
 * Success: 201 with the ids of the jobs once the stream has the message: one for each consumer, also where there is none.
 * Refusal: 400 with `data.errors`, 413, 401 and 403 where the stage wants credentials; its client stores each of them.
 * Retry: makes another message; our client sends an id of its own to recovery alone.
 */
export function makeAcceptMessages(ports: AcceptMessagesPorts): HttpHandler {
  return async (request) => {
    const [collection, ...rest] = request.method === 'POST' ? apiPath(request) : [];
    if (collection === 'messages' && rest.length === 0) {
      return acceptOne(request, ports);
    }
    return topicsNotFound;
  };
}

async function acceptOne(request: HttpRequest, ports: AcceptMessagesPorts): Promise<HttpReply> {
  await requirePublisher(request, ports);
  const message = readMessage(readFields(request, MESSAGE_LIMIT_BYTES));
  const acceptance = await acceptMessage(message, newMessage(ports), ports);
  return toReply(acceptance, (id) => ({ id }));
}

/** @throws ServiceError when the stage wants to know who calls, and the caller does not prove it. */
async function requirePublisher(request: HttpRequest, { authenticate }: AcceptMessagesPorts): Promise<void> {
  const principal = await authenticate?.(request);
  if (principal !== undefined) {
    requireScope(principal, 'events:write');
  }
}

function newMessage({ random, now }: AcceptMessagesPorts): { readonly id: string; readonly at: string } {
  return { id: `evt_${Buffer.from(random(18)).toString('base64url')}`, at: now().toISOString() };
}

/** 201 and nothing else is a success to the client. */
function toReply(acceptance: Acceptance, toBody: (ids: readonly number[]) => unknown): HttpReply {
  switch (acceptance.outcome) {
    case 'accepted':
      return { status: 201, body: toBody(acceptance.ids) };
    case 'throttled':
      return topicsThrottled;
    case 'failed':
      return topicsFailed;
  }
}

/** What the client may call here; a method that is none is answered as a path that is none, as in the original. */
export const topicsMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

export const handler = httpFunction({
  name: 'accept-messages',
  dialect: topicsDialect,
  methods: topicsMethods,
  wire: () => wireAcceptMessages(readEnvironment('accept-messages'), makeLogger('accept-messages')),
});

export function wireAcceptMessages(
  environment: Environment<'accept-messages'>,
  logger: ReturnType<typeof makeLogger>,
): HttpHandler {
  return makeAcceptMessages({
    topics: makeDynamoTopicConsumers(documentClient(), environment.REGISTRY_TABLE_NAME),
    stream: makeKinesisEventIntake(kinesisClient(), environment.EVENTS_STREAM_NAME, (failure) =>
      logger.error('failed', { error: failure as Error }),
    ),
    // Fail closed: any text but `false` wants credentials.
    ...(environment.REQUIRE_AUTH !== 'false' && { authenticate: makeAccountAuthenticator(environment) }),
    random: randomBytes,
    now: () => new Date(),
  });
}
