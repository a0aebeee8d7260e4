import {
  type RequeuePorts,
  requeueDeliveries as requeueDue,
} from '../../core/webhooks/deliveries/requeue-deliveries';
import { type ReleasePorts, releasePaused } from '../../core/webhooks/holds/release-paused';
import { documentClient } from '../aws/document-client';
import { makeDynamoDeliveryStore } from '../aws/dynamo-delivery-store';
import { makeDynamoResumptions } from '../aws/dynamo-resumptions';
import { makeDynamoSubscriptionStore } from '../aws/dynamo-subscription-store';
import { sqsClient } from '../aws/sqs-client';
import { makeSqsDeliveryQueue } from '../aws/sqs-delivery-queue';
import { readEnvironment } from '../shared/environment';
import { scheduleFunction, type TickHandler } from '../shared/schedule-function';

/**
 * Trigger: the tick, every minute.
 * Success: on the queue is every parked delivery that is due within three minutes, and what waited for consumers that
 * were resumed. Side by side: a consumer with a million deliveries is no reason for others' retries to come late.
 * Refusal: none.
 * Retry: the next tick; doubles fail the worker's claim.
 */
export function requeueDeliveries(ports: RequeuePorts & ReleasePorts): TickHandler {
  return async (deadline) => {
    const due = requeueDue(ports, deadline);
    const [released] = await Promise.allSettled([releasePaused(ports, deadline), due]);
    if (released.status === 'rejected') {
      throw released.reason;
    }
    return { ...(await due), released: released.value };
  };
}

export const handler = scheduleFunction({
  name: 'requeue-deliveries',
  wire: () => {
    const environment = readEnvironment('requeue-deliveries');
    return requeueDeliveries({
      deliveries: makeDynamoDeliveryStore(documentClient(), environment.DELIVERIES_TABLE_NAME),
      resumptions: makeDynamoResumptions(documentClient(), environment.REGISTRY_TABLE_NAME),
      subscriptions: makeDynamoSubscriptionStore(documentClient(), environment.REGISTRY_TABLE_NAME),
      queue: makeSqsDeliveryQueue(sqsClient(), environment.DELIVERIES_QUEUE_URL),
      now: () => new Date(),
    });
  },
});
