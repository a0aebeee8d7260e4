import type { SQSClient } from '@aws-sdk/client-sqs';
import { asciiJson } from '../../core/ascii-json';
import type { ConfirmationMessage } from '../../core/webhooks/confirmation/confirmation-message';
import type { ConfirmationQueue } from '../../core/webhooks/confirmation/confirmation-ports';
import type { DeliveryMessage } from '../../core/webhooks/deliveries/delivery';
import type { DeliveryQueue } from '../../core/webhooks/ports';
import { sendInBatches } from './sqs-batches';

/**
 * The deliveries queue, on which targets are asked, too, before they are sent anything. A message's group is its
 * subscription: a subscriber with a backlog does not hold the others up.
 * @param pause waits that many milliseconds.
 */
export function makeSqsDeliveryQueue(
  client: SQSClient,
  queueUrl: string,
  pause?: (milliseconds: number) => Promise<unknown>,
): DeliveryQueue & ConfirmationQueue {
  const queue = { client, queueUrl, pause, name: 'the deliveries queue' };
  return {
    async send(messages) {
      const entries = messages.map(({ message, delaySeconds }) => toEntry(message, delaySeconds));
      await sendInBatches(entries, queue);
    },
    ask: (message, delaySeconds) => sendInBatches([toEntry(message, delaySeconds)], queue),
  };
}

function toEntry(message: DeliveryMessage | ConfirmationMessage, delaySeconds: number) {
  return { body: asciiJson(message), group: message.subscriptionId, delaySeconds };
}
