import type { SQSClient } from '@aws-sdk/client-sqs';
import { asciiJson } from '../../core/ascii-json';
import type { DeliveryQueue } from '../../core/webhooks/ports';
import { sendInBatches } from './sqs-batches';

/**
 * The deliveries queue. A message's group is its subscription: a subscriber with a backlog does not hold the others
 * up.
 * @param pause waits that many milliseconds.
 */
export function makeSqsDeliveryQueue(
  client: SQSClient,
  queueUrl: string,
  pause?: (milliseconds: number) => Promise<unknown>,
): DeliveryQueue {
  return {
    async send(messages) {
      const entries = messages.map(({ message, delaySeconds }) => ({
        body: asciiJson(message),
        group: message.subscriptionId,
        delaySeconds,
      }));
      await sendInBatches(entries, { client, queueUrl, pause, name: 'the deliveries queue' });
    },
  };
}
