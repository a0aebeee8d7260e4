import { setTimeout as pause } from 'node:timers/promises';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { makeAccessTokens } from '../../core/webhooks/access-tokens';
import { type DeliverPorts, deliverWebhook, type MessageOutcome } from '../../core/webhooks/deliver-webhook';
import { type DeliveryMessage, deliveryId } from '../../core/webhooks/delivery';
import { findTogether } from '../../core/webhooks/find-together';
import { postponeMessage } from '../../core/webhooks/postpone-message';
import { parseDeliveryMessage } from '../../core/webhooks/queue-messages';
import { sharePlaces } from '../../core/webhooks/share-places';
import { documentClient } from '../aws/document-client';
import { makeDynamoDeliveryStore } from '../aws/dynamo-delivery-store';
import { makeDynamoEventHistory } from '../aws/dynamo-event-history';
import { makeDynamoSubscriptionStore } from '../aws/dynamo-subscription-store';
import { makeDynamoTargetHealth } from '../aws/dynamo-target-health';
import { makeDynamoTargetLimits } from '../aws/dynamo-target-limits';
import { kinesisClient } from '../aws/kinesis-client';
import { makeKinesisEventStream } from '../aws/kinesis-event-stream';
import { sqsClient } from '../aws/sqs-client';
import { makeSqsDeadLetterQueue } from '../aws/sqs-dead-letter-queue';
import { makeSqsDeliveryQueue } from '../aws/sqs-delivery-queue';
import { makeSqsOwnerNotices } from '../aws/sqs-owner-notices';
import { makeTargets } from '../aws/targets/make-targets';
import { readEnvironment } from '../shared/environment';
import { makeLogger, makeMetrics } from '../shared/logging';
import { type MessageHandler, queueFunction } from '../shared/queue-function';

/*
 * Trigger: a message of the deliveries queue: one attempt of one delivery.
 * Success: the attempt is recorded and what follows from it is on its way; the message is consumed.
 * Refusal: none; a body that names no delivery goes the way of messages that crash the worker: the queue moves
 *   it to the dead-letter queue, where it stays as evidence and an operator can move it back after a repair.
 * Retry: sent again with a growing delay when a store fails, by the queue when that fails too; the row keeps an
 *   attempt from being made twice.
 */
export function deliverWebhooks(ports: DeliverPorts, report: DeliveryReport): MessageHandler {
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

/** Is told what an operator must know of. */
export interface DeliveryReport {
  handled(outcome: MessageOutcome, message: DeliveryMessage): void;
  /** A store failed, or another worker was at it: the message comes again. */
  postponed(error: unknown, message: DeliveryMessage): void;
}

export const handler = queueFunction({
  name: 'deliver-webhooks',
  wire: () => deliverWebhooks(wirePorts(), makeDeliveryReport()),
});

function wirePorts(): DeliverPorts {
  const environment = readEnvironment('deliver-webhooks');
  const subscriptions = makeDynamoSubscriptionStore(documentClient(), environment.REGISTRY_TABLE_NAME);
  const events = makeKinesisEventStream(kinesisClient(), environment.EVENTS_STREAM_NAME);
  const targets = makeTargets(environment);
  const now = () => new Date();
  return {
    deliveries: makeDynamoDeliveryStore(documentClient(), environment.DELIVERIES_TABLE_NAME),
    findSubscription: findTogether(subscriptions),
    history: makeDynamoEventHistory(documentClient(), environment.EVENTS_TABLE_NAME),
    target: targets.any,
    tokens: makeAccessTokens({ post: targets.http.post, now }),
    queue: makeSqsDeliveryQueue(sqsClient(), environment.DELIVERIES_QUEUE_URL),
    deadLetters: makeSqsDeadLetterQueue(sqsClient(), environment.DEAD_LETTER_QUEUE_URL),
    events,
    notices: makeSqsOwnerNotices(sqsClient, environment.NOTICES_QUEUE_URL),
    subscriptions,
    health: makeDynamoTargetHealth(documentClient(), environment.REGISTRY_TABLE_NAME),
    limits: sharePlaces(makeDynamoTargetLimits(documentClient(), environment.REGISTRY_TABLE_NAME), pause),
    pause,
    now,
    random: Math.random,
  };
}

/** Logs what became of messages, and counts it. */
export function makeDeliveryReport(): DeliveryReport {
  const logger = makeLogger('deliver-webhooks');
  const metrics = makeMetrics('deliver-webhooks');
  return { handled, postponed };

  function postponed(error: unknown, message: DeliveryMessage): void {
    logger.error('delivery could not be worked on; the message was sent again', {
      delivery_id: deliveryId(message),
      attempt: message.attempt,
      failures: (message.failures ?? 0) + 1,
      error: error as Error,
    });
    metrics.addMetric('DeliveriesHeldUp', MetricUnit.Count, 1);
    metrics.publishStoredMetrics();
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
      metrics.addMetric(name, MetricUnit.Count, 1);
    }
    if (attempt) {
      metrics.addMetric('AttemptMilliseconds', MetricUnit.Milliseconds, attempt.milliseconds);
    }
    if (counted.length > 0) {
      metrics.publishStoredMetrics();
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
