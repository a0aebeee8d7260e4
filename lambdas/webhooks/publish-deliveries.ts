import { setTimeout as pause } from 'node:timers/promises';
import type { DeliverPorts } from '../../core/webhooks/deliver-webhook';
import { type ChunkTarget, gatherPosts } from '../../core/webhooks/targets/gather-posts';
import { makeGoogleAccessTokens } from '../aws/google-access-tokens';
import { makeHttpWebhookTarget } from '../aws/http-webhook-target';
import { secretsClient } from '../aws/secrets-client';
import { makeSecretsManagerValue } from '../aws/secrets-manager-value';
import { sqsClient } from '../aws/sqs-client';
import { makeSqsDeliveryQueue } from '../aws/sqs-delivery-queue';
import { makePubsubTarget, type PubsubSettings } from '../aws/targets/pubsub-target';
import { parseForwardProxy } from '../aws/tunnelling-agents';
import { readEnvironment } from '../shared/environment';
import { type MessageHandler, queueFunction } from '../shared/queue-function';
import { wireDelivery } from './delivery-ports';
import { type DeliveryReport, makeDeliveryReport } from './delivery-report';
import { handleDelivery } from './handle-delivery';

/**
 * Trigger: a message of the publishing queue: one attempt of one delivery to a topic of Google Pub/Sub. The batch is
 *   a hundred of them, so that deliveries of one consumer travel together.
 * Success: as in deliver-webhooks, message by message: each is a delivery with attempts of its own.
 * Refusal: none.
 * Retry: as in deliver-webhooks, on this queue.
 */
export function publishDeliveries(
  ports: Omit<DeliverPorts, 'target'>,
  target: ChunkTarget,
  report: DeliveryReport,
): MessageHandler {
  const seat = gatherPosts(target, pause);
  return async (body, record) => {
    const own = seat();
    try {
      await handleDelivery({ ...ports, target: own }, report)(body, record);
    } finally {
      own.leave();
    }
  };
}

export const handler = queueFunction({
  name: 'publish-deliveries',
  wire: () => {
    const environment = readEnvironment('publish-deliveries');
    // Where it leads is the operator's to say: any address that is not a metadata service's.
    const http = makeHttpWebhookTarget({ allow: true, proxy: parseForwardProxy(environment.FORWARD_PROXY) });
    const account = makeSecretsManagerValue(secretsClient(), environment.PUBSUB_ACCOUNT_SECRET_ID);
    const tokens = makeGoogleAccessTokens({
      readAccount: account.read,
      post: http.post,
      now: () => new Date(),
    });
    const settings = JSON.parse(environment.PUBSUB) as PubsubSettings;
    const deliveries = makeSqsDeliveryQueue(sqsClient(), environment.DELIVERIES_QUEUE_URL);
    return publishDeliveries(
      {
        ...wireDelivery(environment, environment.PUBLISH_QUEUE_URL, { any: http, http }),
        // Its owner has it sent otherwise meanwhile: nothing here knows the way.
        otherQueue: (format) => (format === 'pubsub' ? undefined : deliveries),
      },
      makePubsubTarget(settings, { post: http.post, tokens }),
      makeDeliveryReport('publish-deliveries'),
    );
  },
});
