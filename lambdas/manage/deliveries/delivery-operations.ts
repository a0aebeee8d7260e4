import type { DocumentedDoor } from '../openapi/operation';
import { deliveryPageReply, deliveryReply, resendReply } from './delivery-replies';
import { deliveryQuery, oneDeliveryQuery, resendSchema } from './delivery-requests';

/** What manage-deliveries answers. */
export const deliveryOperations: DocumentedDoor = {
  tag: 'deliveries',
  description: 'One event for one subscription, with its attempts; dead letters are sent again here.',
  requests: { ResendRequest: resendSchema },
  replies: { Delivery: deliveryReply, DeliveryPage: deliveryPageReply, ResendAnswer: resendReply },
  operations: [
    {
      id: 'listDeliveries',
      method: 'GET',
      path: '/v1/deliveries',
      summary: 'Lists deliveries by event, by subscription, or all that are dead.',
      scopes: ['deliveries:read'],
      query: deliveryQuery,
      success: { status: 200, description: 'A page of deliveries', schema: deliveryPageReply },
      refusals: [400, 404],
    },
    {
      id: 'readDelivery',
      method: 'GET',
      path: '/v1/deliveries/{id}',
      summary: 'Reads a delivery.',
      scopes: ['deliveries:read'],
      query: oneDeliveryQuery,
      success: { status: 200, description: 'The delivery', schema: deliveryReply },
      refusals: [400, 404],
    },
    {
      id: 'resendDeliveries',
      method: 'POST',
      path: '/v1/deliveries/resend',
      summary: 'Sends one delivery again, or all that match a filter.',
      description:
        'One is named by `id`, or by `event_id` with `subscription_id`; all others are a filter. What was started is no longer dead, so repeating it is harmless; `force` sends once more each time, unless there is an `Idempotency-Key`.',
      scopes: ['deliveries:write'],
      body: { schema: resendSchema, example: { subscription_id: 'sub_JUN3rajbtfh4xMFm', dry_run: true } },
      success: { status: 200, description: 'How many were found and started', schema: resendReply },
      refusals: [400, 404, 409, 413],
    },
  ],
};
