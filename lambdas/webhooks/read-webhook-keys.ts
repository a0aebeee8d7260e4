import { ServiceError } from '../../core/errors';
import { publishedKeys } from '../../core/topics/credentials/signing-keys';
import type { SubscriptionStore } from '../../core/topics/ports';
import { isSubscriptionId } from '../../core/topics/subscriptions/subscription-id';
import { documentClient } from '../aws/document-client';
import { makeDynamoSubscriptionStore } from '../aws/dynamo-subscription-store';
import { readEnvironment } from '../shared/environment';
import { type DoorMethods, httpFunction } from '../shared/http-function';
import type { HttpHandler } from '../shared/http-message';
import { problemDialect } from '../shared/problem-dialect';

/** Shorter than any overlap that a rotation should have. */
const CACHED_SECONDS = 300;

export interface ReadWebhookKeysPorts {
  readonly subscriptions: Pick<SubscriptionStore, 'find'>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/**
 * Trigger: `GET /.well-known/webhooks/{id}/jwks.json`, without credentials: public keys are for everybody.
 * Success: 200 with a JWKS: the key that signs now, and those of a rotation that still do.
 * Refusal: 404 for what is no subscription, deleted, or signs with shared secrets alone: the same for all three.
 * Retry: harmless.
 */
export function makeReadWebhookKeys({ subscriptions, now }: ReadWebhookKeysPorts): HttpHandler {
  return async ({ parameters: { id = '' } }) => {
    const found = isSubscriptionId(id) ? await subscriptions.find(id) : undefined;
    const keys = found ? publishedKeys(found, now()) : [];
    if (keys.length === 0) {
      throw new ServiceError('not_found', 'there is no subscription of that id that signs with v1a');
    }
    return {
      status: 200,
      headers: {
        'content-type': 'application/jwk-set+json',
        'cache-control': `public, max-age=${CACHED_SECONDS}`,
      },
      body: { keys },
    };
  };
}

export const webhookKeysMethods: DoorMethods = { methods: ['GET'] };

export const handler = httpFunction({
  name: 'read-webhook-keys',
  dialect: problemDialect,
  ...webhookKeysMethods,
  wire: () => {
    const environment = readEnvironment('read-webhook-keys');
    return makeReadWebhookKeys({
      subscriptions: makeDynamoSubscriptionStore(documentClient(), environment.REGISTRY_TABLE_NAME),
      now: Date.now,
    });
  },
});
