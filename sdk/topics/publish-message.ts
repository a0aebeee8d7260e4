import { delayMsOf, pause } from '../back-off';
import type { Answer, Failure } from './answers';
import { MessageError } from './errors';
import { type Message, toFailed } from './message';
import type { MessageBuffer } from './message-buffer';
import type { MessageSender } from './message-sender';
import { postMessage } from './post-message';
import type { BulkResult } from './publish-result';
import type { Hub } from './settings';
import { halve } from './split-bulk';

/** Where messages go that the hub does not take. */
export interface Store {
  readonly buffer: MessageBuffer;
  readonly sender: MessageSender;
  readonly whenFull: 'throw' | 'wait';
}

/** Whoever waits for room looks so often whether there is some. */
const LOOK_FOR_ROOM_MS = 50;

/**
 * Hands messages of one topic to the hub, one after the other. With a store each is tried once, and from the first on
 * that the hub cannot take now they are kept; without, each is tried as often as the hub's policy says.
 * @throws MessageError `unavailable`, `refused`, `buffer_full`, `aborted`, with what is in nobody's hands
 */
export async function publishInOrder(
  messages: readonly Message[],
  hub: Hub,
  store: Store | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly BulkResult[]> {
  const results: BulkResult[] = [];
  const queue = [...messages];
  try {
    for (let message = queue[0]; message !== undefined; message = queue[0]) {
      const waits = store !== undefined && (await store.buffer.waiting({ topic: message.topic, limit: 1 }));
      const answer =
        waits && waits.length > 0
          ? behindOthers
          : await (store ? postMessage : persist)(message, hub, signal);
      const halves = answer.outcome === 'too_large' ? halve(message) : undefined;
      if (halves !== undefined) {
        queue.splice(0, 1, ...halves);
      } else if (answer.outcome === 'failed') {
        return [...results, ...(await keepAll(queue, answer, store, signal))];
      } else {
        results.push(await settle(message, answer, store, signal));
        queue.shift();
      }
    }
    return results;
  } catch (error) {
    throw withRest(error, queue);
  }
}

const behindOthers: Failure = {
  ...{ outcome: 'failed', reason: 'has earlier messages of the topic to take first' },
  ...{ soon: true, isUnreachable: false },
};

/** Tries until the hub has judged the message, or retries are used up. */
async function persist(message: Message, hub: Hub, signal: AbortSignal | undefined): Promise<Answer> {
  for (let fruitless = 1; ; fruitless += 1) {
    const answer = await postMessage(message, hub, signal);
    if (answer.outcome !== 'failed' || !answer.soon || fruitless > hub.retry.retries) {
      return answer;
    }
    await pause(delayMsOf(hub.retry, fruitless, answer.retryAfter), signal, aborted);
  }
}

async function settle(
  message: Message,
  answer: Exclude<Answer, Failure>,
  store: Store | undefined,
  signal: AbortSignal | undefined,
): Promise<BulkResult> {
  const { id: idempotencyKey, payloads } = message;
  const named = { idempotencyKey, count: payloads.length };
  store?.sender.noteAnswer();
  if (answer.outcome === 'accepted') {
    return { outcome: 'accepted', ...named, ids: answer.ids };
  }
  const { reason, status } = answer;
  if (store === undefined) {
    throw new MessageError('refused', `the hub ${reason}`, { status });
  }
  await keep([message], store, signal);
  await store.buffer.refuse(message.id, { reason, status });
  return { outcome: 'refused', ...named, reason, status };
}

async function keepAll(
  messages: readonly Message[],
  { reason, soon, status, cause }: Failure,
  store: Store | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly BulkResult[]> {
  if (store === undefined) {
    const details = { ...(status !== undefined && { status }), ...(cause !== undefined && { cause }) };
    throw new MessageError(soon ? 'unavailable' : 'refused', `the hub ${reason}`, details);
  }
  await keep(messages, store, signal);
  store.sender.wake();
  return messages.map(({ id, payloads }) => ({
    ...{ outcome: 'stored', idempotencyKey: id, count: payloads.length, reason: `the hub ${reason}` },
  }));
}

/** All of them or none. */
async function keep(
  messages: readonly Message[],
  { buffer, whenFull }: Store,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (;;) {
    try {
      return await buffer.append(messages);
    } catch (error) {
      const isFull = error instanceof MessageError && error.code === 'buffer_full';
      const { waiting } = await buffer.stats();
      // Only what is sent makes room: not what was refused.
      if (!isFull || whenFull === 'throw' || waiting === 0) {
        throw error;
      }
      await pause(LOOK_FOR_ROOM_MS, signal, aborted);
    }
  }
}

function aborted(cause: unknown): MessageError {
  return new MessageError('aborted', 'publishing was stopped by its signal', { cause });
}

/** Whatever ends it, what is left is named, so that nobody has to guess. */
function withRest(error: unknown, left: readonly Message[]): MessageError {
  const failed = left.map(toFailed);
  if (!(error instanceof MessageError)) {
    return new MessageError('unavailable', 'the buffer cannot keep what the hub did not take', {
      failed,
      cause: error,
    });
  }
  const { code, message, status, cause } = error;
  return new MessageError(code, message, {
    failed,
    ...(status !== undefined && { status }),
    ...(cause !== undefined && { cause }),
  });
}
