import type { TargetResult, WebhookRequest, WebhookTarget } from '../../../core/webhooks/ports';
import { type OwnTargets, type TargetArn, vetTargetArn } from '../../../core/webhooks/targets/target-arn';
import { awsFailure } from './aws-failure';
import type { AwsSender } from './aws-sender';
import { putOnStream } from './put-on-stream';
import { sendToQueue } from './send-to-queue';

/**
 * Each client is made when the first message goes there. Those that the worker has for nothing else lie in files of
 * their own (`lib/constructs/bundles.ts`): who leads nothing to topics or buses starts no slower for them.
 */
const openers: Readonly<Record<TargetArn['service'], () => Promise<AwsSender>>> = {
  sqs: async () => sendToQueue,
  sns: async () => (await import('./publish-to-topic')).publishToTopic,
  events: async () => (await import('./put-on-bus')).putOnBus,
  kinesis: async () => putOnStream,
};

/**
 * Hands deliveries to queues, topics, event buses and streams of the stack's own account, with the rights of
 * the function's role. What the service says becomes the status that a subscriber would have answered with.
 */
export function makeAwsTarget(own: OwnTargets): WebhookTarget {
  return {
    async post(webhook) {
      const startedAt = performance.now();
      const outcome = await attempt(webhook, own);
      return { milliseconds: Math.round(performance.now() - startedAt), ...outcome };
    },
  };
}

type WithoutTime<Result> = Result extends unknown ? Omit<Result, 'milliseconds'> : never;

async function attempt(webhook: WebhookRequest, own: OwnTargets): Promise<WithoutTime<TargetResult>> {
  const verdict = vetTargetArn(webhook.url, own);
  if (!verdict.ok) {
    return { failure: 'target_refused' };
  }
  const deadline = AbortSignal.timeout(Math.ceil(webhook.timeoutSeconds * 1000));
  try {
    const send = await openers[verdict.arn.service]();
    return { status: 200, answer: await send(webhook, verdict.arn, deadline) };
  } catch (error) {
    return deadline.aborted ? { failure: 'timeout' } : awsFailure(error);
  }
}
