import { credentialsSchema } from '../../../core/topics/credentials/credentials-schema';
import { filterSchema } from '../../../core/topics/filters/filter-schema';
import { policySchema } from '../../../core/topics/subscriptions/delivery-policy';
import { rotationSchema } from '../../../core/topics/subscriptions/rotate-secret';
import {
  subscriptionChangesSchema,
  subscriptionSchema,
} from '../../../core/topics/subscriptions/subscription-schema';
import type { DocumentedDoor } from '../openapi/operation';
import {
  credentialsReply,
  grantReply,
  policyReply,
  subscriptionPageReply,
  subscriptionReply,
  subscriptionWithSecretReply,
  testEventReply,
  webhookKeysReply,
} from './subscription-replies';
import { confirmSchema, grantQuery, subscriptionQuery, testEventSchema } from './subscription-requests';

const location = { location: 'Where it is, relative to the path that was called' };

/** What manage-subscriptions answers. */
export const subscriptionOperations: DocumentedDoor = {
  tag: 'subscriptions',
  description: 'Topic, target and policy: who is told of which events, and how hard it is tried.',
  requests: {
    SubscriptionRequest: subscriptionSchema,
    SubscriptionChanges: subscriptionChangesSchema,
    SecretRotation: rotationSchema,
    TestEventRequest: testEventSchema,
    FilterRequest: filterSchema,
    PolicyRequest: policySchema,
    CredentialsRequest: credentialsSchema,
  },
  replies: {
    Subscription: subscriptionReply,
    SubscriptionWithSecret: subscriptionWithSecretReply,
    SubscriptionPage: subscriptionPageReply,
    TestEvent: testEventReply,
    Filter: filterSchema,
    Policy: policyReply,
    Credentials: credentialsReply,
  },
  operations: [
    {
      id: 'listSubscriptions',
      method: 'GET',
      path: '/v1/subscriptions',
      summary: "Lists the caller's subscriptions.",
      scopes: ['subscriptions:read'],
      query: subscriptionQuery,
      success: { status: 200, description: 'A page of subscriptions', schema: subscriptionPageReply },
      refusals: [400],
    },
    {
      id: 'createSubscription',
      method: 'POST',
      path: '/v1/subscriptions',
      summary: 'Subscribes a target to a topic or a pattern; in effect with the reply.',
      description: 'Topics of the system, and patterns that may match them, need `subscriptions:system`.',
      scopes: ['subscriptions:write'],
      scopesAtTimes: ['subscriptions:system'],
      body: {
        schema: subscriptionSchema,
        example: {
          topic: 'orders',
          target: 'https://hooks.example/orders',
          filter: { data: { total: [{ numeric: ['>=', 100] }] } },
          policy: { schedule_seconds: [5, 300], rate_per_second: 10 },
        },
      },
      success: {
        status: 201,
        description: 'It is made; the secret is told this once',
        schema: subscriptionWithSecretReply,
        headers: location,
      },
      refusals: [400, 404, 409, 413, 422],
    },
    {
      id: 'readSubscription',
      method: 'GET',
      path: '/v1/subscriptions/{id}',
      summary: 'Reads a subscription.',
      scopes: ['subscriptions:read'],
      success: { status: 200, description: 'The subscription', schema: subscriptionReply },
      refusals: [400, 404],
    },
    {
      id: 'changeSubscription',
      method: 'PATCH',
      path: '/v1/subscriptions/{id}',
      summary: 'Changes what is given; `state` pauses and resumes, `null` removes.',
      description: 'To lead events of the system elsewhere, or to resume them, needs `subscriptions:system`.',
      scopes: ['subscriptions:write'],
      scopesAtTimes: ['subscriptions:system'],
      body: { schema: subscriptionChangesSchema, example: { state: 'paused' } },
      success: { status: 200, description: 'The subscription as it is now', schema: subscriptionReply },
      refusals: [400, 404, 409, 413, 422],
    },
    {
      id: 'deleteSubscription',
      method: 'DELETE',
      path: '/v1/subscriptions/{id}',
      summary: 'Deletes a subscription; deliveries under way end as skipped.',
      scopes: ['subscriptions:write'],
      success: { status: 204, description: 'It is deleted' },
      refusals: [400, 404],
    },
    {
      id: 'rotateSecret',
      method: 'POST',
      path: '/v1/subscriptions/{id}/rotate-secret',
      summary: 'Gives a new secret; the old one signs beside it for a while.',
      scopes: ['subscriptions:write'],
      body: { schema: rotationSchema, isOptional: true, example: { overlap_hours: 48 } },
      success: {
        status: 200,
        description: 'The subscription with its new secret',
        schema: subscriptionWithSecretReply,
      },
      refusals: [400, 404, 409, 413],
    },
    {
      id: 'sendTestEvent',
      method: 'POST',
      path: '/v1/subscriptions/{id}/test',
      summary: 'Sends an event to this subscription alone.',
      scopes: ['subscriptions:write'],
      body: { schema: testEventSchema, isOptional: true, example: {} },
      success: { status: 202, description: 'It is queued', schema: testEventReply },
      refusals: [400, 404, 409, 413],
    },
    {
      id: 'confirmSubscription',
      method: 'POST',
      path: '/v1/subscriptions/{id}/confirm',
      summary:
        'Has the target of CloudEvents asked again whether it wants them; deliveries wait for the answer.',
      description: 'While it is pending, ten seconds must have passed: a call before that changes nothing.',
      scopes: ['subscriptions:write'],
      body: { schema: confirmSchema, isOptional: true, example: {} },
      success: { status: 202, description: 'It is being asked', schema: subscriptionReply },
      refusals: [400, 404, 409, 413],
    },
  ],
};

const grant = {
  path: '/confirmations',
  description:
    'The address that `WebHook-Request-Callback` names. A header `WebHook-Allowed-Rate` says how many requests a minute; ' +
    'repeating it changes nothing.',
  query: grantQuery,
  success: { status: 200, description: 'It is granted', schema: grantReply },
  refusals: [400, 404],
} as const;

/** What accept-grant answers. */
export const grantOperations: DocumentedDoor = {
  tag: 'confirmations',
  description: 'For receivers of CloudEvents, who were handed a key.',
  replies: { Grant: grantReply },
  operations: [
    { id: 'grantDeliveries', method: 'GET', summary: 'Lets CloudEvents be sent to a target.', ...grant },
    {
      id: 'grantDeliveriesByPost',
      method: 'POST',
      summary: 'Lets CloudEvents be sent to a target, as `GET` does.',
      ...grant,
      isRepeatable: false,
    },
  ],
};

/** What read-webhook-keys answers. */
export const webhookKeyOperations: DocumentedDoor = {
  tag: 'keys',
  description: 'Public keys, for everybody.',
  replies: { WebhookKeys: webhookKeysReply },
  operations: [
    {
      id: 'readWebhookKeys',
      method: 'GET',
      path: '/.well-known/webhooks/{id}/jwks.json',
      summary: 'Reads the keys by which the webhooks of a subscription are verified.',
      success: {
        status: 200,
        description: 'A JWKS',
        schema: webhookKeysReply,
        mediaType: 'application/jwk-set+json',
        headers: { 'cache-control': 'How long it may be kept' },
      },
      refusals: [400, 404],
    },
  ],
};
