import type { ConfirmOutcome } from '../../core/webhooks/confirmation/confirm-subscription';
import type { ConfirmationMessage } from '../../core/webhooks/confirmation/confirmation-message';
import type { MessageOutcome } from '../../core/webhooks/deliver-webhook';
import { type DeliveryMessage, deliveryId } from '../../core/webhooks/deliveries/delivery';
import type { FunctionName } from '../functions';
import { makeLogger } from '../shared/logging';
import { makeMetrics } from '../shared/metrics';

/** Is told what an operator must know of. */
export interface DeliveryReport {
  handled(outcome: MessageOutcome, message: DeliveryMessage): void;
  /** A target was asked, or need not be. */
  asked(outcome: ConfirmOutcome, message: ConfirmationMessage): void;
  /** A store failed, or another worker was at it: the message comes again. */
  postponed(error: unknown, message: DeliveryMessage): void;
}

/** Logs what became of messages, and counts it. */
export function makeDeliveryReport(name: FunctionName): DeliveryReport {
  const logger = makeLogger(name);
  const metrics = makeMetrics(name);
  return { handled, asked, postponed };

  function asked(result: ConfirmOutcome, { subscriptionId }: ConfirmationMessage): void {
    logger.info('target asked', { ...result, subscription_id: subscriptionId });
  }

  function postponed(error: unknown, message: DeliveryMessage): void {
    logger.error('delivery could not be worked on; the message was sent again', {
      delivery_id: deliveryId(message),
      attempt: message.attempt,
      failures: (message.failures ?? 0) + 1,
      error: error as Error,
    });
    metrics.add('DeliveriesHeldUp', 'Count', 1);
    metrics.publish();
  }

  function handled(result: MessageOutcome, message: DeliveryMessage): void {
    const delivery = 'delivery' in result ? result.delivery : undefined;
    const attempt = result.outcome === 'attempted' ? delivery?.attempts.at(-1) : undefined;
    const changes = result.outcome === 'attempted' ? result.changes : [];
    logger.info('delivery handled', {
      outcome: result.outcome,
      delivery_id: deliveryId(message),
      event_id: message.eventId,
      subscription_id: message.subscriptionId,
      attempt: message.attempt,
      state: delivery?.state,
      reason: delivery?.reason ?? (result.outcome === 'held' ? result.reason : undefined),
      status: attempt?.status,
      failure: attempt?.failure,
      milliseconds: attempt?.milliseconds,
      ...(changes.length > 0 && { subscription_changes: changes }),
    });
    const counted = [
      ...(delivery && result.outcome !== 'repeated' ? [metricNames[delivery.state]] : []),
      ...(result.outcome === 'held' ? ['DeliveriesHeld'] : []),
      ...changes.map((change) => changeMetrics[change]),
    ];
    for (const name of counted) {
      metrics.add(name, 'Count', 1);
    }
    if (attempt) {
      metrics.add('AttemptMilliseconds', 'Milliseconds', attempt.milliseconds);
    }
    if (counted.length > 0) {
      metrics.publish();
    }
  }
}

const changeMetrics = {
  circuit_opened: 'CircuitsOpened',
  warned: 'SubscriptionsWarned',
  disabled: 'SubscriptionsDisabled',
  recovered: 'SubscriptionsRecovered',
} as const;

const metricNames = {
  pending: 'DeliveriesPostponed',
  delivered: 'DeliveriesDelivered',
  dead: 'DeliveriesDead',
  skipped: 'DeliveriesSkipped',
  erased: 'DeliveriesErased',
} as const;
