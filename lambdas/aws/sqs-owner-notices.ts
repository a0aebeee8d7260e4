import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { asciiJson } from '../../core/ascii-json';
import type { OwnerNotices } from '../../core/webhooks/notices/owner-notice';

/** The notices queue; `undefined` where the stage mails nobody and there is none. */
export function makeSqsOwnerNotices(client: () => SQSClient, queueUrl: string): OwnerNotices | undefined {
  if (queueUrl === '') {
    return undefined;
  }
  return {
    async send(notice) {
      await client().send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: asciiJson(notice) }));
    },
  };
}
