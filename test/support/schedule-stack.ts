import { makeDynamoScheduleStore } from '../../lambdas/aws/dynamo-schedule-store';
import { startDeliveryStack } from './delivery-stack';
import { createQueue } from './emulators';

/** What the functions that release scheduled messages run on, with the environment set as a deployment would. */
export async function startScheduleStack() {
  const stack = await startDeliveryStack();
  const releasesUrl = await createQueue(process.env.AWS_ENDPOINT_URL_SQS ?? '', 'releases');
  Object.assign(process.env, {
    SCHEDULED_MESSAGES_TABLE_NAME: stack.tables['scheduled-messages'],
    RELEASES_QUEUE_URL: releasesUrl,
  });
  return {
    ...stack,
    releasesUrl,
    schedule: makeDynamoScheduleStore(stack.documents, stack.tables['scheduled-messages']),
  };
}
