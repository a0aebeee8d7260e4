import { type DeliverPorts, deliverWebhook } from '../../core/webhooks/deliver-webhook';
import { postponeMessage } from '../../core/webhooks/deliveries/postpone-message';
import { parseDeliveryMessage } from '../../core/webhooks/deliveries/queue-messages';
import type { MessageHandler } from '../shared/queue-function';
import type { DeliveryReport } from './delivery-report';

/** Handles a message that asks for an attempt: what every worker that makes attempts does. */
export function handleDelivery(ports: DeliverPorts, report: DeliveryReport): MessageHandler {
  return async (body) => {
    const message = parseDeliveryMessage(body);
    if (!message) {
      throw new Error('the message names no delivery');
    }
    try {
      report.handled(await deliverWebhook(message, ports), message);
    } catch (error) {
      if (!(await postponeMessage(message, ports.queue))) {
        throw error;
      }
      report.postponed(error, message);
    }
  };
}
