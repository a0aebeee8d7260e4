import {
  type RequeueMessagesPorts,
  requeueMessages as requeueDue,
} from '../../core/messages/schedule/requeue-messages';
import { documentClient } from '../aws/document-client';
import { makeDynamoScheduleStore } from '../aws/dynamo-schedule-store';
import { sqsClient } from '../aws/sqs-client';
import { makeSqsReleaseQueue } from '../aws/sqs-release-queue';
import { readEnvironment } from '../shared/environment';
import { scheduleFunction, type TickHandler } from '../shared/schedule-function';

/**
 * Trigger: the tick, every minute.
 * Success: every scheduled message whose time comes within three minutes is on the queue, held back until then.
 * Refusal: none.
 * Retry: the next tick; a message that is queued twice is released once.
 */
export function requeueMessages(ports: RequeueMessagesPorts): TickHandler {
  return (deadline) => requeueDue(ports, deadline);
}

export const handler = scheduleFunction({
  name: 'requeue-messages',
  wire: () => {
    const environment = readEnvironment('requeue-messages');
    return requeueMessages({
      schedule: makeDynamoScheduleStore(documentClient(), environment.SCHEDULED_MESSAGES_TABLE_NAME),
      queue: makeSqsReleaseQueue(sqsClient, environment.RELEASES_QUEUE_URL),
      now: () => new Date(),
    });
  },
});
