import { randomBytes } from 'node:crypto';
import {
  type ConfirmPorts,
  confirmSubscription,
} from '../../core/webhooks/confirmation/confirm-subscription';
import { parseConfirmationMessage } from '../../core/webhooks/confirmation/confirmation-message';
import type { DeliverPorts } from '../../core/webhooks/deliver-webhook';
import { documentClient } from '../aws/document-client';
import { makeDynamoConfirmationStore } from '../aws/dynamo-confirmation-store';
import { sqsClient } from '../aws/sqs-client';
import { makeSqsDeliveryQueue } from '../aws/sqs-delivery-queue';
import { makeTargets } from '../aws/targets/make-targets';
import { readEnvironment } from '../shared/environment';
import { type MessageHandler, queueFunction } from '../shared/queue-function';
import { wireDelivery } from './delivery-ports';
import { type DeliveryReport, makeDeliveryReport } from './delivery-report';
import { handleDelivery } from './handle-delivery';

/**
 * Trigger: a message of the deliveries queue: one attempt of one delivery, or a target to be asked whether it wants any.
 * Success: the attempt, or the answer, is recorded and what follows from it is on its way; the message is consumed.
 * Refusal: none; a body that names neither goes the way of messages that crash the worker: the queue moves
 *   it to the dead-letter queue, where it stays as evidence and an operator can move it back after a repair.
 * Retry: sent again with a growing delay when a store fails, by the queue when that fails too; the row keeps an
 *   attempt from being made twice.
 */
export function deliverWebhooks(ports: DeliverPorts & ConfirmPorts, report: DeliveryReport): MessageHandler {
  const deliver = handleDelivery(ports, report);
  return async (body, record) => {
    const asked = parseConfirmationMessage(body);
    if (asked) {
      report.asked(await confirmSubscription(asked, ports), asked);
      return;
    }
    await deliver(body, record);
  };
}

export const handler = queueFunction({
  name: 'deliver-webhooks',
  wire: () => {
    const environment = readEnvironment('deliver-webhooks');
    const { DELIVERIES_QUEUE_URL, PUBLISH_QUEUE_URL } = environment;
    const targets = makeTargets(environment);
    const ports = wireDelivery(environment, DELIVERIES_QUEUE_URL, targets);
    const confirmations = makeDynamoConfirmationStore(documentClient(), environment.REGISTRY_TABLE_NAME);
    const publishQueue = PUBLISH_QUEUE_URL && makeSqsDeliveryQueue(sqsClient(), PUBLISH_QUEUE_URL);
    return deliverWebhooks(
      {
        ...ports,
        confirmations: { ...confirmations, ask: ports.confirmations.ask },
        handshake: targets.handshake,
        randomKey: randomBytes,
        ...(publishQueue && { otherQueue: (format) => (format === 'pubsub' ? publishQueue : undefined) }),
      },
      makeDeliveryReport('deliver-webhooks'),
    );
  },
});
