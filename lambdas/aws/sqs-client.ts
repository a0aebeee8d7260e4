import { SQSClient } from '@aws-sdk/client-sqs';
import { lazily } from '../shared/lazily';
import { MAX_ATTEMPTS } from './client-settings';

/** Without the time-out of the others: receiving waits for up to 20 s. */
export const sqsClient = lazily(
  // The environment names the endpoint; the host in a queue's URL is a name that only AWS resolves.
  () => new SQSClient({ maxAttempts: MAX_ATTEMPTS, useQueueUrlAsEndpoint: false }),
);
