import { setTimeout as wait } from 'node:timers/promises';
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { inParallel } from '../../core/in-parallel';

/** What one SendMessageBatch takes. */
const MESSAGES_PER_CALL = 10;
/** A quarter of what one call takes: big calls are slow ones, and older queues take no more. */
const BYTES_PER_CALL = 256 * 1024;
const CALLS_AT_A_TIME = 8;
/** With the waits below some 13 s: longer is an outage. */
const MAX_TRIES = 8;

export interface QueueEntry {
  /** ASCII: its length is its size. */
  readonly body: string;
  /** On a standard queue what makes it fair: a group with a backlog does not hold the others up. */
  readonly group: string;
  readonly delaySeconds: number;
}

export interface BatchedQueue {
  readonly client: SQSClient;
  readonly queueUrl: string;
  /** Waits that many milliseconds. */
  readonly pause?: ((milliseconds: number) => Promise<unknown>) | undefined;
  /** For messages of errors: "the deliveries queue". */
  readonly name: string;
}

/**
 * Sends messages in few calls, and again those that the queue refused one by one.
 * @throws when it refuses for longer than its patience, or cannot be reached: some may have been accepted.
 */
export async function sendInBatches(
  entries: readonly QueueEntry[],
  { client, queueUrl, pause = wait, name }: BatchedQueue,
): Promise<void> {
  await inParallel(CALLS_AT_A_TIME, packCalls(entries), sendCall);

  async function sendCall(call: readonly QueueEntry[]): Promise<void> {
    let pending = call;
    for (let tries = 1; pending.length > 0; tries += 1) {
      const refused = await trySend(pending);
      if (refused.length > 0 && tries === MAX_TRIES) {
        throw new Error(`${name} refused ${refused.length} messages ${tries} times`);
      }
      if (refused.length > 0) {
        await pause(Math.min(100 * 2 ** tries, 3000));
      }
      pending = refused;
    }
  }

  /** @returns the entries that the queue refused one by one. */
  async function trySend(call: readonly QueueEntry[]): Promise<QueueEntry[]> {
    const { Failed } = await client.send(
      new SendMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: call.map(({ body, group, delaySeconds }, index) => ({
          Id: String(index),
          MessageBody: body,
          MessageGroupId: group,
          ...(delaySeconds > 0 && { DelaySeconds: delaySeconds }),
        })),
      }),
    );
    return (Failed ?? []).flatMap(({ Id }) => call[Number(Id)] ?? []);
  }
}

function packCalls(entries: readonly QueueEntry[]): QueueEntry[][] {
  const calls: QueueEntry[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const call = calls.at(-1);
    bytes += entry.body.length;
    if (call && call.length < MESSAGES_PER_CALL && bytes <= BYTES_PER_CALL) {
      call.push(entry);
    } else {
      calls.push([entry]);
      bytes = entry.body.length;
    }
  }
  return calls;
}
