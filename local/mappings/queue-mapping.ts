import { AwsError, callAws } from '../aws/call';
import { REGION } from '../aws/identity';
import { explain, type Invocable } from '../functions/invocation';
import type { Journal } from '../journal';
import { pause } from './back-off';
import { readBatchFailures } from './batch-failures';

export interface QueueMappingSettings {
  readonly fn: Invocable;
  readonly endpoint: string;
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly batchSize: number;
  /** How long a batch is gathered once it has a message, unless it is full before. @default not at all */
  readonly windowSeconds?: number;
  /** Batches at a time. */
  readonly concurrency: number;
  readonly reportsFailures: boolean;
  readonly journal: Journal;
}

interface Message {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly MD5OfBody: string;
  readonly Attributes?: Readonly<Record<string, string>>;
  readonly MessageAttributes?: Readonly<Record<string, MessageAttribute>>;
}

interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: string;
}

/** The longest that SQS lets a receiver wait. */
const WAIT_SECONDS = 20;

/** SQS hands out so many messages a call, and deletes as many. */
const MESSAGES_PER_CALL = 10;

/** Between two looks for further messages of a batch that is being gathered. */
const LOOK_MILLISECONDS = 25;

/**
 * Feeds a queue to a function: what the function has done is deleted, what it reports as failed comes again
 * after the queue's visibility time-out, and after too many receives the queue itself buries it.
 */
export class QueueMapping {
  private readonly abort = new AbortController();
  private readonly underWay = new Set<Promise<void>>();
  private receiving: Promise<void> | undefined;

  constructor(private readonly settings: QueueMappingSettings) {}

  start(): void {
    this.receiving = this.receiveForEver();
  }

  /** Receives no more and waits for the batches under way: stop the function's pool to hurry them. */
  async stop(): Promise<void> {
    this.abort.abort();
    await this.receiving;
    await Promise.all(this.underWay);
  }

  private async receiveForEver(): Promise<void> {
    const { signal } = this.abort;
    while (!signal.aborted) {
      if (this.underWay.size >= this.settings.concurrency) {
        await Promise.race(this.underWay);
        continue;
      }
      try {
        this.hand(await this.gather());
      } catch (error) {
        if (!signal.aborted) {
          this.settings.journal.note(
            `receiving from ${this.settings.queueArn} failed: ${(error as Error).message}`,
          );
          await pause(1_000, signal);
        }
      }
    }
  }

  /** What is received while a batch is gathered is never given up: it would stay hidden for minutes. */
  private async gather(): Promise<readonly Message[]> {
    const { batchSize, windowSeconds = 0 } = this.settings;
    const { signal } = this.abort;
    const batch = [...(await this.receive(batchSize, WAIT_SECONDS))];
    const closesAt = Date.now() + windowSeconds * 1000;
    while (batch.length > 0 && batch.length < batchSize && Date.now() < closesAt && !signal.aborted) {
      const more = await this.receive(batchSize - batch.length, 0).catch(() => []);
      batch.push(...more);
      if (more.length === 0) {
        await pause(LOOK_MILLISECONDS, signal);
      }
    }
    return batch;
  }

  private async receive(most: number, waitSeconds: number): Promise<readonly Message[]> {
    const { endpoint, queueUrl } = this.settings;
    const { Messages = [] } = await callAws<{ Messages?: readonly Message[] }>(
      'sqs',
      endpoint,
      'ReceiveMessage',
      {
        QueueUrl: queueUrl,
        MaxNumberOfMessages: Math.min(most, MESSAGES_PER_CALL),
        WaitTimeSeconds: waitSeconds,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      },
      this.abort.signal,
    );
    return Messages;
  }

  private hand(messages: readonly Message[]): void {
    if (messages.length === 0) {
      return;
    }
    const work = this.process(messages)
      .catch((error: unknown) => {
        // They come again after the visibility time-out.
        this.settings.journal.note(
          `${messages.length} message(s) of ${this.settings.queueArn} were not deleted: ${(error as Error).message}`,
        );
      })
      .finally(() => this.underWay.delete(work));
    this.underWay.add(work);
  }

  private async process(messages: readonly Message[]): Promise<void> {
    const { fn, reportsFailures, journal } = this.settings;
    const outcome = await fn.invoke(sqsEvent(messages, this.settings.queueArn), this.abort.signal);
    if (outcome.kind !== 'returned') {
      if (outcome.kind !== 'cancelled') {
        journal.note(`${fn.name} ${explain(outcome)} on ${messages.length} message(s)`);
      }
      return;
    }
    const verdict = reportsFailures
      ? readBatchFailures(
          outcome.payload,
          messages.map((message) => message.MessageId),
        )
      : { kind: 'succeeded' as const };
    if (verdict.kind !== 'failed') {
      const failed = verdict.kind === 'failed-in-part' ? verdict.positions : [];
      const done = messages.filter((_message, position) => !failed.includes(position));
      for (let start = 0; start < done.length; start += MESSAGES_PER_CALL) {
        await this.delete(done.slice(start, start + MESSAGES_PER_CALL));
      }
    }
  }

  private async delete(messages: readonly Message[]): Promise<void> {
    const { Failed = [] } = await callAws<{ Failed?: readonly { readonly Code: string }[] }>(
      'sqs',
      this.settings.endpoint,
      'DeleteMessageBatch',
      {
        QueueUrl: this.settings.queueUrl,
        Entries: messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
      },
    );
    const [first] = Failed;
    if (first) {
      throw new AwsError(first.Code, `${Failed.length} message(s) could not be deleted`);
    }
  }
}

/** The event of an SQS mapping, as JSON. */
function sqsEvent(messages: readonly Message[], queueArn: string): string {
  return JSON.stringify({
    Records: messages.map((message) => ({
      messageId: message.MessageId,
      receiptHandle: message.ReceiptHandle,
      body: message.Body,
      md5OfBody: message.MD5OfBody,
      attributes: message.Attributes ?? {},
      messageAttributes: Object.fromEntries(
        Object.entries(message.MessageAttributes ?? {}).map(([name, attribute]) => [
          name,
          {
            dataType: attribute.DataType,
            stringValue: attribute.StringValue,
            binaryValue: attribute.BinaryValue,
          },
        ]),
      ),
      eventSource: 'aws:sqs',
      eventSourceARN: queueArn,
      awsRegion: REGION,
    })),
  });
}
