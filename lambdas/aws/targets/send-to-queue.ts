import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { TargetArn } from '../../../core/webhooks/targets/target-arn';
import { sqsClient } from '../sqs-client';
import { type AwsSender, requireSize } from './aws-sender';
import { asStrings, attributeBytes, fifoIds, messageAttributes } from './message-attributes';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const MOST_BYTES = 1024 * 1024;

export const sendToQueue: AwsSender = async (webhook, arn, abortSignal) => {
  const attributes = messageAttributes(webhook);
  requireSize(webhook.body.byteLength + attributeBytes(attributes), MOST_BYTES, 'SQS');
  const { MessageId } = await sqsClient().send(
    new SendMessageCommand({
      QueueUrl: queueUrl(arn, process.env.AWS_ENDPOINT_URL_SQS),
      MessageBody: Buffer.from(webhook.body).toString('utf8'),
      MessageAttributes: asStrings(attributes),
      ...(arn.name.endsWith('.fifo') && fifoIds(webhook)),
    }),
    { abortSignal },
  );
  return MessageId ?? '';
};

/** Made, not asked for: asking takes a permission and a call. SQS reads the account and the name of it. */
function queueUrl({ partition, region, account, name }: TargetArn, endpoint: string | undefined): string {
  const suffix = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `${endpoint ?? `https://sqs.${region}.${suffix}`}/${account}/${name}`;
}
