import { ServiceError } from '../../core/errors';
import { type AcceptGrantPorts, acceptGrant } from '../../core/webhooks/confirmation/accept-grant';
import { documentClient } from '../aws/document-client';
import { makeDynamoConfirmationStore } from '../aws/dynamo-confirmation-store';
import { makeDynamoSubscriptionStore } from '../aws/dynamo-subscription-store';
import { readEnvironment } from '../shared/environment';
import { type DoorMethods, httpFunction } from '../shared/http-function';
import type { HttpHandler } from '../shared/http-message';
import { problemDialect } from '../shared/problem-dialect';

/**
 * Trigger: `GET` or `POST /confirmations?id=…&key=…`, the address of `WebHook-Request-Callback`; without credentials,
 *   the key is what proves.
 * Success: 200; the target is sent to from now on, at most as fast as `WebHook-Allowed-Rate` says.
 * Refusal: 400 for a parameter that is missing or a rate that is none; 404 for everything that was not handed out, or
 *   whose target has changed.
 * Retry: harmless.
 */
export function makeAcceptGrant(ports: AcceptGrantPorts): HttpHandler {
  return async ({ query: { id, key }, headers }) => {
    if (!id || !key) {
      throw new ServiceError(
        'parameter_missing',
        `"${id ? 'key' : 'id'}" is missing: call the address as it was given`,
      );
    }
    await acceptGrant({ id, key, allowedRate: headers['webhook-allowed-rate'] }, ports);
    return { status: 200, headers: { 'cache-control': 'no-store' }, body: { granted: true } };
  };
}

export const grantMethods: DoorMethods = { methods: ['GET', 'POST'] };

export const handler = httpFunction({
  name: 'accept-grant',
  dialect: problemDialect,
  ...grantMethods,
  wire: () => {
    const { REGISTRY_TABLE_NAME: table } = readEnvironment('accept-grant');
    return makeAcceptGrant({
      subscriptions: makeDynamoSubscriptionStore(documentClient(), table),
      confirmations: makeDynamoConfirmationStore(documentClient(), table),
      now: () => new Date(),
    });
  },
});
