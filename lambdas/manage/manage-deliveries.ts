import { ServiceError } from '../../core/errors';
import { type Principal, requireScope } from '../../core/principal';
import type { SubscriptionStore } from '../../core/topics/ports';
import { type DeliveryFilter, listOwnDeliveries } from '../../core/webhooks/own-deliveries';
import type { DeliveryQueue, DeliveryStore } from '../../core/webhooks/ports';
import { resendOwnDeliveries } from '../../core/webhooks/resend-own-deliveries';
import { documentClient } from '../aws/document-client';
import { makeDynamoDeliveryStore } from '../aws/dynamo-delivery-store';
import { makeDynamoSubscriptionStore } from '../aws/dynamo-subscription-store';
import { sqsClient } from '../aws/sqs-client';
import { makeSqsDeliveryQueue } from '../aws/sqs-delivery-queue';
import { type Authenticator, makeAuthenticator } from '../shared/authenticate';
import { readEnvironment } from '../shared/environment';
import { type DoorMethods, httpFunction } from '../shared/http-function';
import type { HttpHandler, HttpReply, HttpRequest } from '../shared/http-message';
import { problemDialect } from '../shared/problem-dialect';
import { toDeliveryBody } from './delivery-body';
import { readPaging } from './read-request';
import { readResendRequest } from './read-resend-request';

export interface ManageDeliveriesPorts {
  readonly deliveries: DeliveryStore;
  readonly subscriptions: Pick<SubscriptionStore, 'find' | 'findMany'>;
  readonly queue: DeliveryQueue;
  readonly authenticate: Authenticator;
  readonly now: () => Date;
}

/**
 * Trigger: `GET /v1/deliveries` by event, by subscription and day, or of state dead; `POST /v1/deliveries/resend`.
 * Success: 200 with a page of deliveries and their attempts; 200 with the counts of what was sent again.
 * Refusal: 400, 401, 403 (scope), 404 (also another's), 409 (one that is not dead) as problem details.
 * Retry: harmless: what was started already is no longer dead.
 */
export function makeManageDeliveries(ports: ManageDeliveriesPorts): HttpHandler {
  return async (request) => {
    const principal = await ports.authenticate(request);
    return request.resource.endsWith('/resend')
      ? resend(request, principal, ports)
      : list(request, principal, ports);
  };
}

async function list(
  request: HttpRequest,
  principal: Principal,
  ports: ManageDeliveriesPorts,
): Promise<HttpReply> {
  requireScope(principal, 'deliveries:read');
  const { limit, after } = readPaging(request);
  const page = await listOwnDeliveries(readFilter(request), { limit, after }, principal, ports);
  return { status: 200, body: { deliveries: page.deliveries.map(toDeliveryBody), next: page.next } };
}

async function resend(
  request: HttpRequest,
  principal: Principal,
  ports: ManageDeliveriesPorts,
): Promise<HttpReply> {
  requireScope(principal, 'deliveries:write');
  const { selection, ...options } = readResendRequest(request);
  return { status: 200, body: await resendOwnDeliveries(selection, options, principal, ports) };
}

/** Longer ids were never given, and keys end at 2048 bytes. */
const LONGEST_ID = 512;

function readFilter({ query }: HttpRequest): DeliveryFilter {
  const { event_id: eventId, subscription_id: subscriptionId, day, state } = query;
  if ([eventId, subscriptionId, state].filter((value) => value !== undefined).length !== 1) {
    throw refused('give one of "event_id", "subscription_id" with "day", and "state=dead"');
  }
  if ((eventId ?? subscriptionId ?? '').length > LONGEST_ID || eventId === '' || subscriptionId === '') {
    throw refused(`an id has 1 to ${LONGEST_ID} characters`);
  }
  if (eventId !== undefined) {
    return { by: 'event', eventId };
  }
  if (subscriptionId !== undefined) {
    return { by: 'subscription', subscriptionId, day: readDay(day) };
  }
  if (state !== 'dead') {
    throw refused(
      '"state" can only be "dead"; other deliveries are listed by event or by subscription and day',
    );
  }
  return { by: 'dead' };
}

function readDay(day: string | undefined): string {
  if (day === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(day)) {
    throw refused('"day" is a day in UTC, such as 2026-11-20');
  }
  return day;
}

function refused(message: string): ServiceError {
  return new ServiceError('parameter_invalid', message);
}

export const deliveryMethods: DoorMethods = {
  methods: ['GET'],
  methodsOf: { '/v1/deliveries/resend': ['POST'] },
};

export const handler = httpFunction({
  name: 'manage-deliveries',
  dialect: problemDialect,
  ...deliveryMethods,
  wire: () => {
    const environment = readEnvironment('manage-deliveries');
    const client = documentClient();
    return makeManageDeliveries({
      deliveries: makeDynamoDeliveryStore(client, environment.DELIVERIES_TABLE_NAME),
      subscriptions: makeDynamoSubscriptionStore(client, environment.REGISTRY_TABLE_NAME),
      queue: makeSqsDeliveryQueue(sqsClient(), environment.DELIVERIES_QUEUE_URL),
      authenticate: makeAuthenticator(environment),
      now: () => new Date(),
    });
  },
});
