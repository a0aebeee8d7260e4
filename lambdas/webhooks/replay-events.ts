import { type ReplayPorts, replayEvents as replayAll } from '../../core/webhooks/replays/replay-events';
import { documentClient } from '../aws/document-client';
import { makeDynamoDeliveryStore } from '../aws/dynamo-delivery-store';
import { makeDynamoEventLister } from '../aws/dynamo-event-lister';
import { makeDynamoLiveGate } from '../aws/dynamo-live-gate';
import { makeDynamoMarkerReader } from '../aws/dynamo-marker-reader';
import { makeDynamoReplayStore } from '../aws/dynamo-replay-store';
import { makeDynamoSubscriptionStore } from '../aws/dynamo-subscription-store';
import { makeDynamoTopicStore } from '../aws/dynamo-topic-store';
import { sqsClient } from '../aws/sqs-client';
import { makeSqsDeliveryQueue } from '../aws/sqs-delivery-queue';
import { readEnvironment } from '../shared/environment';
import { scheduleFunction, type TickHandler } from '../shared/schedule-function';

/**
 * Trigger: the tick, every minute.
 * Success: every replay is as far as its rate allows, a good minute ahead in the queue.
 * Refusal: none; a replay whose subscription was deleted or switched off ends as cancelled.
 * Retry: the next tick; a page that was sent twice is the same deliveries.
 */
export function replayEvents(ports: ReplayPorts): TickHandler {
  return async (deadline) => ({ ...(await replayAll(ports, deadline)) });
}

export const handler = scheduleFunction({
  name: 'replay-events',
  wire: () => {
    const environment = readEnvironment('replay-events');
    const client = documentClient();
    const registry = environment.REGISTRY_TABLE_NAME;
    return replayEvents({
      replays: makeDynamoReplayStore(client, registry),
      subscriptions: makeDynamoSubscriptionStore(client, registry),
      topics: makeDynamoTopicStore(client, registry),
      gate: makeDynamoLiveGate(client, registry),
      history: makeDynamoEventLister(client, environment.EVENTS_TABLE_NAME),
      markers: makeDynamoMarkerReader(client, environment.EVENTS_TABLE_NAME),
      deliveries: makeDynamoDeliveryStore(client, environment.DELIVERIES_TABLE_NAME),
      queue: makeSqsDeliveryQueue(sqsClient(), environment.DELIVERIES_QUEUE_URL),
      now: () => new Date(),
    });
  },
});
