import { setTimeout as wait } from 'node:timers/promises';
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { asciiJson } from '../../core/ascii-json';
import { inParallel } from '../../core/in-parallel';
import type { DeliveryQueue } from '../../core/webhooks/ports';

/** What one SendMessageBatch takes. */
const MESSAGES_PER_CALL = 10;
/** A quarter of what one call takes: big calls are slow ones, and older queues take no more. */
const BYTES_PER_CALL = 256 * 1024;
const CALLS_AT_A_TIME = 8;
/** With the waits below some 13 s: longer is an outage. */
const MAX_TRIES = 8;

interface Entry {
  readonly body: string;
  readonly group: string;
  readonly delaySeconds: number;
}

/**
 * The deliveries queue. A message's group is its subscription: on a standard queue that makes it fair, so a
 * subscriber with a backlog does not hold the others up.
 * @param pause waits that many milliseconds.
 */
export function makeSqsDeliveryQueue(
  client: SQSClient,
  queueUrl: string,
  pause: (milliseconds: number) => Promise<unknown> = wait,
): DeliveryQueue {
  return {
    async send(messages) {
      const entries = messages.map(({ message, delaySeconds }) => ({
        body: asciiJson(message),
        group: message.subscriptionId,
        delaySeconds,
      }));
      await inParallel(CALLS_AT_A_TIME, packCalls(entries), sendCall);
    },
  };

  async function sendCall(entries: readonly Entry[]): Promise<void> {
    let pending = entries;
    for (let tries = 1; pending.length > 0; tries += 1) {
      const refused = await trySend(pending);
      if (refused.length > 0 && tries === MAX_TRIES) {
        throw new Error(`the deliveries queue refused ${refused.length} messages ${tries} times`);
      }
      if (refused.length > 0) {
        await pause(Math.min(100 * 2 ** tries, 3000));
      }
      pending = refused;
    }
  }

  /** @returns the entries that the queue refused one by one. */
  async function trySend(entries: readonly Entry[]): Promise<Entry[]> {
    const { Failed } = await client.send(
      new SendMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: entries.map(({ body, group, delaySeconds }, index) => ({
          Id: String(index),
          MessageBody: body,
          MessageGroupId: group,
          ...(delaySeconds > 0 && { DelaySeconds: delaySeconds }),
        })),
      }),
    );
    return (Failed ?? []).flatMap(({ Id }) => entries[Number(Id)] ?? []);
  }
}

function packCalls(entries: readonly Entry[]): Entry[][] {
  const calls: Entry[][] = [];
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
