import { randomBytes, randomUUID } from 'node:crypto';
import { derivedId } from '../../core/derived-id';
import { ServiceError } from '../../core/errors';
import type { EntityEventCall } from '../../core/events/entity-event';
import type { JsonText } from '../../core/events/event-draft';
import { type PublishEntityEventsPorts, publishEntityEvents } from '../../core/events/publish-entity-events';
import { readTraceContext } from '../../core/events/trace-context';
import { sliceElements } from '../../core/json-slices';
import { requireScope } from '../../core/principal';
import { documentClient } from '../aws/document-client';
import { makeDynamoTopicStore } from '../aws/dynamo-topic-store';
import { kinesisClient } from '../aws/kinesis-client';
import { makeKinesisEventIntake } from '../aws/kinesis-event-stream';
import { answerNotFound } from '../manage/answer-not-found';
import type { Authenticator } from '../shared/authenticate';
import { makeAccountAuthenticator } from '../shared/authenticate-account';
import { readEnvironment } from '../shared/environment';
import { eventsDialect } from '../shared/events-dialect';
import { httpFunction } from '../shared/http-function';
import { type HttpHandler, type HttpReply, type HttpRequest, readJsonBody } from '../shared/http-message';
import { makeLogger } from '../shared/logging';
import { makeTimeLimit } from '../shared/time-limit';
import { toBulkReply, toSingleReply } from './entity-event-replies';

/** A function takes 6 MB as base64, headers included; beyond that the gateway refuses in words of its own. */
const MAX_BODY_BYTES = 4_000_000;

/** The client sends 250; dispatch takes so many within its time. */
const MAX_EVENTS = 1000;

/** For the data of one event; a topic's schema was tried out when it was made. */
const JUDGING_MILLISECONDS = 200;

const JOB_HEADER = 'x-britecore-job-id';

/** Who publishes where nobody has to say who they are. */
const NOBODY = 'anonymous';

export interface PublishEventsPorts extends PublishEntityEventsPorts {
  /** Left out where everybody may publish. */
  readonly authenticate?: Authenticator;
  readonly makeJobId: () => string;
  /** Cryptographically random. */
  readonly random: (count: number) => Uint8Array;
}

/**
 * Trigger: `POST /events` with one event, `/events/bulk` with a list, as `bc-events` sends them; `//events` too.
 * Success: 201 with the event's id, or a result for each event of the list, once the stream has what it names.
 * Refusal: 400 with an `errorType` that the client drops; in a list, `ValidationException` in the event's place.
 * Retry: harmless for events with an id. What is worth it is told by an `errorType` that the client repeats for.
 */
export function makePublishEvents(ports: PublishEventsPorts): HttpHandler {
  return async (request) => {
    switch (pathOf(request)) {
      case 'events':
        return publishOne(request, ports);
      case 'events/bulk':
        return publishMany(request, ports);
      default:
        return answerNotFound(request);
    }
  };
}

async function publishOne(request: HttpRequest, ports: PublishEventsPorts): Promise<HttpReply> {
  const call = await readCall(request, ports);
  const body = readJsonBody(request, MAX_BODY_BYTES);
  const [outcome] = await publishEntityEvents([body], call, call.jobId, ports);
  return toSingleReply(outcome, call.jobId);
}

async function publishMany(request: HttpRequest, ports: PublishEventsPorts): Promise<HttpReply> {
  const call = await readCall(request, ports);
  const texts = readList(readJsonBody(request, MAX_BODY_BYTES));
  const outcomes = await publishEntityEvents(texts, call, orderKeyOf(request, texts, call), ports);
  return toBulkReply(outcomes, call.jobId);
}

/** What follows the slashes: `events` for `/events`, `/events/` and `//events`. */
function pathOf({ resource, parameters: { proxy } }: HttpRequest): string {
  return (proxy ?? resource)
    .split('/')
    .filter((part) => part !== '')
    .join('/');
}

/** @throws ServiceError when the stage wants to know who calls, and the caller does not prove it. */
async function readCall(request: HttpRequest, ports: PublishEventsPorts): Promise<EntityEventCall> {
  const principal = await ports.authenticate?.(request);
  if (principal !== undefined) {
    requireScope(principal, 'events:write');
  }
  const subject = principal?.subject ?? NOBODY;
  return {
    jobId: request.headers[JOB_HEADER] || ports.makeJobId(),
    trace: readTraceContext(request.headers),
    at: new Date(ports.clock()).toISOString(),
    idOf: (clientId) =>
      clientId === undefined
        ? `evt_${Buffer.from(ports.random(18)).toString('base64url')}`
        : derivedId('evt', 'entity', subject, clientId),
  };
}

function readList({ value, text }: JsonText): readonly JsonText[] {
  if (!Array.isArray(value)) {
    throw new ServiceError('body_invalid', 'the body must be an array of events; POST /events takes one');
  }
  if (value.length > MAX_EVENTS) {
    throw new ServiceError(
      'body_too_large',
      `the body has ${value.length} events; the limit is ${MAX_EVENTS}; send them in parts`,
    );
  }
  return sliceElements(text).map((slice, index) => ({ value: value[index], text: slice }));
}

/**
 * The events of a session keep their order, by its job id. The Python client leaves that out of lists, whose parts
 * are then kept in order by who acts.
 */
function orderKeyOf({ headers }: HttpRequest, [first]: readonly JsonText[], call: EntityEventCall): string {
  const { actor } = (first?.value ?? {}) as { readonly actor?: { readonly id?: unknown } };
  const actorId = actor?.id;
  return headers[JOB_HEADER] || (typeof actorId === 'string' && actorId) || call.jobId;
}

export const handler = httpFunction({
  name: 'publish-events',
  dialect: eventsDialect,
  methods: ['POST'],
  wire: () => {
    const environment = readEnvironment('publish-events');
    const logger = makeLogger('publish-events');
    return makePublishEvents({
      topics: makeDynamoTopicStore(documentClient(), environment.REGISTRY_TABLE_NAME),
      stream: makeKinesisEventIntake(kinesisClient(), environment.EVENTS_STREAM_NAME, (failure) =>
        logger.error('failed', { error: failure as Error }),
      ),
      timeLimit: makeTimeLimit(JUDGING_MILLISECONDS),
      acceptUnknownTopics: environment.ACCEPT_UNKNOWN_TOPICS === 'true',
      // Fail closed: any text but `false` wants credentials.
      ...(environment.REQUIRE_AUTH !== 'false' && { authenticate: makeAccountAuthenticator(environment) }),
      makeJobId: randomUUID,
      random: randomBytes,
      clock: Date.now,
    });
  },
});
