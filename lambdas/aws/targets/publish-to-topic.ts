import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { lazily } from '../../shared/lazily';
import { clientSettings } from '../client-settings';
import { type AwsSender, requireSize } from './aws-sender';
import { asStrings, attributeBytes, fifoIds, messageAttributes } from './message-attributes';

/** https://docs.aws.amazon.com/general/latest/gr/sns.html#limits_sns */
const MOST_BYTES = 256 * 1024;

const snsClient = lazily(() => new SNSClient(clientSettings()));

export const publishToTopic: AwsSender = async (webhook, arn, abortSignal) => {
  const attributes = messageAttributes(webhook);
  requireSize(webhook.body.byteLength + attributeBytes(attributes), MOST_BYTES, 'SNS');
  const { MessageId } = await snsClient().send(
    new PublishCommand({
      TopicArn: arn.text,
      Message: Buffer.from(webhook.body).toString('utf8'),
      MessageAttributes: asStrings(attributes),
      ...(arn.name.endsWith('.fifo') && fifoIds(webhook)),
    }),
    { abortSignal },
  );
  return MessageId ?? '';
};
