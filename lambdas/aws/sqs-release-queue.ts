import { createHash } from 'node:crypto';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { asciiJson } from '../../core/ascii-json';
import type { ReleaseQueue } from '../../core/messages/schedule/schedule-ports';
import { sendInBatches } from './sqs-batches';

/**
 * The releases queue. A message's group is its topic, whose name may hold what a group may not.
 * @param client made by the first message: most calls of the door that schedules have none.
 */
export function makeSqsReleaseQueue(client: () => SQSClient, queueUrl: string): ReleaseQueue {
  return {
    async send(messages) {
      const entries = messages.map(({ message, delaySeconds }) => ({
        body: asciiJson(message),
        group: createHash('sha256').update(message.topic).digest('base64url'),
        delaySeconds,
      }));
      await sendInBatches(entries, { client: client(), queueUrl, name: 'the releases queue' });
    },
  };
}
