import { findTogether } from '../../core/webhooks/deliveries/find-together';
import {
  type DeadLetterPorts,
  type DeadLetterRule,
  settleDeadLetters,
} from '../../core/webhooks/resends/settle-dead-letters';
import { documentClient } from '../aws/document-client';
import { makeDynamoDeliveryStore } from '../aws/dynamo-delivery-store';
import { makeDynamoSubscriptionStore } from '../aws/dynamo-subscription-store';
import { kinesisClient } from '../aws/kinesis-client';
import { makeKinesisEventStream } from '../aws/kinesis-event-stream';
import { sqsClient } from '../aws/sqs-client';
import { makeSqsDeadLetterQueue } from '../aws/sqs-dead-letter-queue';
import { makeSqsDeliveryQueue } from '../aws/sqs-delivery-queue';
import { readEnvironment } from '../shared/environment';
import { scheduleFunction, type TickHandler } from '../shared/schedule-function';

/**
 * Trigger: the tick, every minute.
 * Success: the dead-letter queue holds only pointers to deliveries that are dead and stay so, and what nobody
 *   can read.
 * Refusal: none.
 * Retry: the next tick; a message that was not settled returns to the queue.
 */
export function resendDeadLetters(ports: DeadLetterPorts, rule: DeadLetterRule): TickHandler {
  return (deadline) => settleDeadLetters(ports, rule, deadline);
}

export const handler = scheduleFunction({
  name: 'resend-dead-letters',
  wire: () => {
    const environment = readEnvironment('resend-dead-letters');
    const deadLetters = makeSqsDeadLetterQueue(sqsClient(), environment.DEAD_LETTER_QUEUE_URL);
    return resendDeadLetters(
      {
        deliveries: makeDynamoDeliveryStore(documentClient(), environment.DELIVERIES_TABLE_NAME),
        queue: makeSqsDeliveryQueue(sqsClient(), environment.DELIVERIES_QUEUE_URL),
        deadLetters,
        inbox: deadLetters,
        events: makeKinesisEventStream(kinesisClient(), environment.EVENTS_STREAM_NAME),
        findSubscription: findTogether(
          makeDynamoSubscriptionStore(documentClient(), environment.REGISTRY_TABLE_NAME),
        ),
        now: () => new Date(),
      },
      { resendAfterMinutes: readMinutes(environment.RESEND_DEAD_LETTERS_AFTER_MINUTES) },
    );
  },
});

function readMinutes(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) {
    throw new Error(`RESEND_DEAD_LETTERS_AFTER_MINUTES is ${text}: it must be a number, 0 for never`);
  }
  return Number(text);
}
