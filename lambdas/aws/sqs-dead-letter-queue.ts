import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { asciiJson } from '../../core/ascii-json';
import type { DeadLetterInbox, DeadLetterQueue } from '../../core/webhooks/ports';

/** Longer than one run of the tick, so that a run sees every message once. */
const HIDDEN_SECONDS = 300;

/** Without waiting, SQS asks only some of its servers, and answers "none" when there are some. */
const WAIT_SECONDS = 1;

/** The dead-letter queue on SQS, both ways. */
export function makeSqsDeadLetterQueue(
  client: SQSClient,
  queueUrl: string,
): DeadLetterQueue & DeadLetterInbox {
  return {
    async send(message) {
      await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: asciiJson(message) }));
    },
    async receive() {
      const { Messages } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: 10,
          VisibilityTimeout: HIDDEN_SECONDS,
          WaitTimeSeconds: WAIT_SECONDS,
        }),
      );
      return (Messages ?? []).map(({ Body, ReceiptHandle }) => ({
        body: parse(Body ?? ''),
        receipt: ReceiptHandle ?? '',
      }));
    },
    async remove(receipt) {
      await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: receipt }));
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
