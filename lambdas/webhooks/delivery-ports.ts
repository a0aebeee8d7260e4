import { setTimeout as pause } from 'node:timers/promises';
import type { DeliverPorts } from '../../core/webhooks/deliver-webhook';
import { findTogether } from '../../core/webhooks/deliveries/find-together';
import { sharePlaces } from '../../core/webhooks/holds/share-places';
import type { WebhookTarget } from '../../core/webhooks/ports';
import { makeAccessTokens } from '../../core/webhooks/targets/access-tokens';
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
import type { WorkerEnvironment } from '../functions';

/**
 * The ports of a worker that makes attempts.
 * @param queueUrl of its own queue, to which what is tried again returns.
 * @param targets `any` is what deliveries go to, `http` what tokens are fetched by.
 */
export function wireDelivery(
  environment: WorkerEnvironment,
  queueUrl: string,
  targets: { readonly any: WebhookTarget; readonly http: WebhookTarget },
): DeliverPorts {
  const subscriptions = makeDynamoSubscriptionStore(documentClient(), environment.REGISTRY_TABLE_NAME);
  const events = makeKinesisEventStream(kinesisClient(), environment.EVENTS_STREAM_NAME);
  const queue = makeSqsDeliveryQueue(sqsClient(), queueUrl);
  const now = () => new Date();
  return {
    deliveries: makeDynamoDeliveryStore(documentClient(), environment.DELIVERIES_TABLE_NAME),
    findSubscription: findTogether(subscriptions),
    history: makeDynamoEventHistory(documentClient(), environment.EVENTS_TABLE_NAME),
    target: targets.any,
    tokens: makeAccessTokens({ post: targets.http.post, now }),
    queue,
    confirmations: queue,
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
