import { randomBytes } from 'node:crypto';
import { type PublishPorts, publishEvents } from '../../../core/events/publish-events';
import {
  listEvents,
  type ReadEventsPorts,
  readEvent,
  readHourLedger,
  readLedger,
} from '../../../core/events/read-events';
import { type Principal, requireScope } from '../../../core/principal';
import { documentClient } from '../../aws/document-client';
import { makeDynamoCallClaims } from '../../aws/dynamo-call-claims';
import { makeDynamoDeliveryTally } from '../../aws/dynamo-delivery-tally';
import { makeDynamoEventHistory } from '../../aws/dynamo-event-history';
import { makeDynamoEventLister } from '../../aws/dynamo-event-lister';
import { makeDynamoMarkerReader } from '../../aws/dynamo-marker-reader';
import { makeDynamoTopicStore } from '../../aws/dynamo-topic-store';
import { kinesisClient } from '../../aws/kinesis-client';
import { makeKinesisEventStream } from '../../aws/kinesis-event-stream';
import type { Authenticator } from '../../shared/authenticate';
import { makeAccountAuthenticator } from '../../shared/authenticate-account';
import { readEnvironment } from '../../shared/environment';
import { type DoorMethods, httpFunction } from '../../shared/http-function';
import type { HttpHandler, HttpReply, HttpRequest } from '../../shared/http-message';
import { problemDialect } from '../../shared/problem-dialect';
import { makeTimeLimit } from '../../shared/time-limit';
import { readIdempotencyKey } from '../idempotency';
import { eventJson, eventsJson } from './event-body';
import { toHourLedgerBody, toLedgerBody } from './ledger-body';
import { toPublishedReply } from './published-reply';
import { readEventQuery, readHourQuery } from './read-event-query';
import { readPublishedEvents } from './read-published-events';

/** For all the data of one call; a caller waits for it, and a door has 15 s. */
const JUDGING_MILLISECONDS = 2000;

export interface ManageEventsPorts extends PublishPorts, ReadEventsPorts {
  readonly authenticate: Authenticator;
}

/**
 * Trigger: `POST /v1/events` in plain JSON or as CloudEvents; `GET /v1/events`, `/v1/events/{id}`,
 * `/v1/events/{id}/ledger` and `/v1/ledger`.
 * Success: 202 with the ids, once the stream has all of the events; 200 with what was asked for.
 * Refusal: 400 (also data that does not fit its topic's schema), 401, 403 (scope, a system topic), 404, 409 (a used
 * `Idempotency-Key` with another body), 413, 415 as
 * problem details. Of what is refused nothing is published.
 * Retry: harmless for events with an `id`, and with an `Idempotency-Key`; other events are published again.
 */
export function makeManageEvents(ports: ManageEventsPorts): HttpHandler {
  return async (request) => {
    const principal = await ports.authenticate(request);
    if (request.method === 'POST') {
      requireScope(principal, 'events:write');
      return publish(request, principal, ports);
    }
    requireScope(principal, 'events:read');
    return answerReading(request, principal, ports);
  };
}

async function publish(request: HttpRequest, principal: Principal, ports: PublishPorts): Promise<HttpReply> {
  const idempotencyKey = readIdempotencyKey(request);
  const { drafts, isList } = readPublishedEvents(request);
  return toPublishedReply(await publishEvents(drafts, { principal, idempotencyKey, isList }, ports));
}

async function answerReading(
  request: HttpRequest,
  principal: Principal,
  ports: ReadEventsPorts,
): Promise<HttpReply> {
  const { id = '' } = request.parameters;
  switch (request.resource) {
    case '/v1/events/{id}':
      return { status: 200, body: eventJson(await readEvent(id, principal, ports)) };
    case '/v1/events/{id}/ledger':
      return { status: 200, body: toLedgerBody(id, await readLedger(id, principal, ports)) };
    case '/v1/ledger': {
      const query = readHourQuery(request);
      return { status: 200, body: toHourLedgerBody(query, await readHourLedger(query, principal, ports)) };
    }
    default: {
      const { entries, next } = await listEvents(readEventQuery(request), principal, ports);
      return { status: 200, body: eventsJson(entries, next) };
    }
  }
}

export const eventMethods: DoorMethods = {
  methods: ['GET'],
  methodsOf: { '/v1/events': ['GET', 'POST'] },
};

export const handler = httpFunction({
  name: 'manage-events',
  dialect: problemDialect,
  ...eventMethods,
  wire: () => {
    const environment = readEnvironment('manage-events');
    const client = documentClient();
    return makeManageEvents({
      topics: makeDynamoTopicStore(client, environment.REGISTRY_TABLE_NAME),
      stream: makeKinesisEventStream(kinesisClient(), environment.EVENTS_STREAM_NAME),
      calls: makeDynamoCallClaims(client, environment.EVENTS_TABLE_NAME),
      history: makeDynamoEventHistory(client, environment.EVENTS_TABLE_NAME),
      lister: makeDynamoEventLister(client, environment.EVENTS_TABLE_NAME),
      markers: makeDynamoMarkerReader(client, environment.EVENTS_TABLE_NAME),
      tally: makeDynamoDeliveryTally(client, environment.DELIVERIES_TABLE_NAME),
      timeLimit: makeTimeLimit(JUDGING_MILLISECONDS),
      authenticate: makeAccountAuthenticator(environment),
      random: randomBytes,
      now: () => new Date(),
    });
  },
});
