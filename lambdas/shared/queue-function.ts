import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { FunctionName } from '../functions';
import { lazily } from './lazily';
import { makeLogger } from './logging';

/** Handles one message: returns when it has ended, throws when the queue should deliver it again. */
export type MessageHandler = (body: unknown, record: SQSRecord) => Promise<void>;

/** The wrapper of every queue function: the messages of a batch side by side, failures reported one by one. */
export function queueFunction({
  name,
  wire,
}: {
  readonly name: FunctionName;
  readonly wire: () => MessageHandler;
}) {
  const handle = lazily(wire);
  const logger = lazily(() => makeLogger(name));
  return async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const failures = await Promise.all(
      event.Records.map(async (record) => {
        try {
          await handle()(parse(record.body), record);
          return [];
        } catch (error) {
          logger().error('message failed; the queue will deliver it again', {
            message_id: record.messageId,
            error: error as Error,
          });
          return [{ itemIdentifier: record.messageId }];
        }
      }),
    );
    return { batchItemFailures: failures.flat() };
  };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // The parser's own message quotes the body, which does not belong into the log.
    throw new Error('the message is not JSON');
  }
}
