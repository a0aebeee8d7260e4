import { type Principal, requireScope } from '../../../core/principal';
import { findOwnDelivery, listOwnDeliveries } from '../../../core/webhooks/deliveries/own-deliveries';
import { resendOwnDeliveries } from '../../../core/webhooks/resends/resend-own-deliveries';
import { type ResendOnePorts, resendOwnDelivery } from '../../../core/webhooks/resends/resend-own-delivery';
import { documentClient } from '../../aws/document-client';
import { makeDynamoDeliveryListing } from '../../aws/dynamo-delivery-listing';
import { makeDynamoDeliveryStore } from '../../aws/dynamo-delivery-store';
import { makeDynamoRunNumbers } from '../../aws/dynamo-run-numbers';
import { makeDynamoSubscriptionStore } from '../../aws/dynamo-subscription-store';
import { sqsClient } from '../../aws/sqs-client';
import { makeSqsDeliveryQueue } from '../../aws/sqs-delivery-queue';
import type { Authenticator } from '../../shared/authenticate';
import { makeAccountAuthenticator } from '../../shared/authenticate-account';
import { readEnvironment } from '../../shared/environment';
import { type DoorMethods, httpFunction } from '../../shared/http-function';
import type { HttpHandler, HttpReply, HttpRequest } from '../../shared/http-message';
import { problemDialect } from '../../shared/problem-dialect';
import { readIdempotency } from '../idempotency';
import { readPaging } from '../read-request';
import { toDeliveryBody } from './delivery-body';
import { readDeliveryFilter } from './read-delivery-filter';
import { readResendRequest } from './read-resend-request';

export interface ManageDeliveriesPorts extends ResendOnePorts {
  readonly authenticate: Authenticator;
}

/**
 * Trigger: `GET /v1/deliveries` by event, by subscription (state, times), or of state dead; `GET /v1/deliveries/{id}`;
 *   `POST /v1/deliveries/resend`.
 * Success: 200 with a page of deliveries, with one and its attempts, or with the counts of what was sent again.
 * Refusal: 400, 401, 403 (scope), 404 (also another's), 409 (one that cannot be sent again) as problem details.
 * Retry: harmless: what was started already is no longer dead; `force` alone sends once more each time,
 *   unless there is an `Idempotency-Key`.
 */
export function makeManageDeliveries(ports: ManageDeliveriesPorts): HttpHandler {
  return async (request) => {
    const principal = await ports.authenticate(request);
    if (request.resource.endsWith('/resend')) {
      requireScope(principal, 'deliveries:write');
      return { status: 200, body: await resend(request, principal, ports) };
    }
    requireScope(principal, 'deliveries:read');
    const { id } = request.parameters;
    return id === undefined ? list(request, principal, ports) : readOne(id, request, principal, ports);
  };
}

async function list(
  request: HttpRequest,
  principal: Principal,
  ports: ManageDeliveriesPorts,
): Promise<HttpReply> {
  const { limit, after } = readPaging(request);
  const page = await listOwnDeliveries(readDeliveryFilter(request), { limit, after }, principal, ports);
  return { status: 200, body: { deliveries: page.deliveries.map(toDeliveryBody), next: page.next } };
}

async function readOne(
  id: string,
  { query }: HttpRequest,
  principal: Principal,
  ports: ManageDeliveriesPorts,
): Promise<HttpReply> {
  const found = await findOwnDelivery(id, { eventId: query.event_id }, principal, ports);
  return { status: 200, body: toDeliveryBody(found) };
}

async function resend(request: HttpRequest, principal: Principal, ports: ManageDeliveriesPorts) {
  const asked = readResendRequest(request);
  if (asked.of === 'filter') {
    return resendOwnDeliveries(asked.filter, asked, principal, ports);
  }
  const idempotency = readIdempotency(request, principal, undefined);
  const options = { ...asked, idempotency };
  const { deliveryId, ...answer } = await resendOwnDelivery(asked.key, options, principal, ports);
  return { ...answer, delivery_id: deliveryId };
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
      deliveries: {
        ...makeDynamoDeliveryStore(client, environment.DELIVERIES_TABLE_NAME),
        ...makeDynamoDeliveryListing(client, environment.DELIVERIES_TABLE_NAME),
      },
      subscriptions: makeDynamoSubscriptionStore(client, environment.REGISTRY_TABLE_NAME),
      runs: makeDynamoRunNumbers(client, environment.REGISTRY_TABLE_NAME),
      queue: makeSqsDeliveryQueue(sqsClient(), environment.DELIVERIES_QUEUE_URL),
      authenticate: makeAccountAuthenticator(environment),
      now: () => new Date(),
    });
  },
});
