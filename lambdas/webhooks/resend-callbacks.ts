import { type ResendCallbacksPorts, resendCallbacks } from '../../core/webhooks/resends/resend-callbacks';
import { documentClient } from '../aws/document-client';
import { makeDynamoAccountStore } from '../aws/dynamo-account-store';
import { makeDynamoDeliveryListing } from '../aws/dynamo-delivery-listing';
import { makeDynamoDeliveryStore } from '../aws/dynamo-delivery-store';
import { makeDynamoSubscriptionStore } from '../aws/dynamo-subscription-store';
import { secretsClient } from '../aws/secrets-client';
import { makeSecretText, type SecretText } from '../aws/secrets-manager-text';
import { sqsClient } from '../aws/sqs-client';
import { makeSqsDeliveryQueue } from '../aws/sqs-delivery-queue';
import { adsReply, makeAdsDialect } from '../shared/ads-dialect';
import { readEnvironment } from '../shared/environment';
import { httpFunction } from '../shared/http-function';
import type { HttpHandler } from '../shared/http-message';
import { membersOf, readExactBody, requireSharedToken } from './read-callback-request';

/** At most a token of an earlier reply. */
const BODY_LIMIT_BYTES = 8 * 1024;

export interface ResendCallbacksDoorPorts extends ResendCallbacksPorts {
  readonly triggerToken: SecretText;
}

/**
 * Trigger: `POST /webhooks/resend`, with the trigger token; the body may be left out.
 * Success: 200 `{"resent": n}`; with `next`, to be sent in the next call's body, where a call's work was used up.
 * Refusal: 401 in the original's words, 400 for a `next` that no reply gave.
 * Retry: harmless: what was started already is no longer dead.
 */
export function makeResendCallbacks(ports: ResendCallbacksDoorPorts): HttpHandler {
  return async (request) => {
    await requireSharedToken(request, ports.triggerToken, 'trigger');
    const next = membersOf(readExactBody(request, BODY_LIMIT_BYTES)).get('next');
    return adsReply(await resendCallbacks(next?.kind === 'string' ? next.value : undefined, ports));
  };
}

export const handler = httpFunction({
  name: 'resend-callbacks',
  dialect: makeAdsDialect(401),
  methods: ['POST'],
  wire: () => {
    const environment = readEnvironment('resend-callbacks');
    const client = documentClient();
    return makeResendCallbacks({
      accounts: makeDynamoAccountStore(client, environment.REGISTRY_TABLE_NAME),
      deliveries: {
        ...makeDynamoDeliveryStore(client, environment.DELIVERIES_TABLE_NAME),
        ...makeDynamoDeliveryListing(client, environment.DELIVERIES_TABLE_NAME),
      },
      subscriptions: makeDynamoSubscriptionStore(client, environment.REGISTRY_TABLE_NAME),
      queue: makeSqsDeliveryQueue(sqsClient(), environment.DELIVERIES_QUEUE_URL),
      triggerToken: makeSecretText(secretsClient(), environment.TRIGGER_TOKEN_SECRET_ID),
      now: () => new Date(),
    });
  },
});
