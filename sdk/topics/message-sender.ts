import { delayMsOf } from '../back-off';
import type { Answer, Failure } from './answers';
import { MessageError } from './errors';
import type { Message } from './message';
import type { MessageBuffer } from './message-buffer';
import { postMessage } from './post-message';
import type { Hub } from './settings';
import { halve } from './split-bulk';

/** What one flush has done. What still waits is safe, and waits for the next. */
export interface FlushReport {
  readonly accepted: number;
  /** Put apart: see `buffer.refused()`. */
  readonly refused: number;
  /** At the end. */
  readonly waiting: number;
  /** Why messages still wait, such as `cannot be reached`; of the first of them. */
  readonly reason?: string;
}

/** Between the tries of what sends by itself: longer than anybody who waits for an answer would. */
const backgroundDelays = { firstDelayMs: 1_000, maxDelayMs: 60_000 };

/** So many schedules of this process can be cancelled after they were sent from the buffer. */
const MAX_REMEMBERED = 10_000;

/** Sends what a buffer holds, one call after the other, so that messages of a topic keep their order. */
export class MessageSender {
  /** The hub's ids of scheduled messages that were sent from the buffer, by idempotency key. */
  readonly sentSchedules = new Map<string, readonly number[]>();
  #last: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #fruitless = 0;
  #isStopped: boolean;
  readonly #stopping = new AbortController();
  /** Why the last flush has ended early. */
  #failure: Failure | undefined;
  #sending: { readonly id: string; readonly attempt: Promise<unknown> } | undefined;

  constructor(
    private readonly hub: Hub,
    private readonly buffer: MessageBuffer,
    inBackground: boolean,
  ) {
    this.#isStopped = !inBackground;
    // What an earlier process has left.
    this.#wakeIn(0);
  }

  /**
   * Tries everything that waits, once. A topic stops at the first message that the hub cannot take now; a hub that
   * cannot be reached stops all.
   * @throws MessageError `aborted`; what is not sent still waits
   */
  flush(signal?: AbortSignal): Promise<FlushReport> {
    const turn = this.#last.then(() => this.#sendAll(signal));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Something waits: sends it soon, unless the hub has just failed. */
  wake(): void {
    if (this.#fruitless === 0) {
      this.#wakeIn(0);
    }
  }

  /** The hub answers others: what waits since nobody answered need wait no longer. */
  noteAnswer(): void {
    if (this.#failure?.isUnreachable) {
      this.#fruitless = 0;
      this.#failure = undefined;
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#wakeIn(0);
    }
  }

  /** Takes a message out of the buffer; if it is being sent, once that has ended. @returns whether it was there. */
  async withdraw(id: string): Promise<boolean> {
    await this.#attemptOf(id);
    const wasThere = await this.buffer.remove(id);
    await this.#attemptOf(id);
    return wasThere;
  }

  /** Once what is under way has ended; nothing is sent by itself any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#stopping.abort();
    await this.#last;
  }

  #wakeIn(delayMs: number): void {
    if (this.#isStopped || this.#timer !== undefined) {
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#run().catch((error: unknown) => {
        this.hub.logger.warn('The buffer cannot be sent', { error });
        this.#wakeIn(backgroundDelays.maxDelayMs);
      });
    }, delayMs).unref();
  }

  async #run(): Promise<void> {
    try {
      const { waiting } = await this.flush(this.#stopping.signal);
      if (waiting > 0) {
        this.#wakeIn(delayMsOf(backgroundDelays, this.#fruitless, this.#failure?.retryAfter));
      }
    } catch (error) {
      if (!(error instanceof MessageError && error.code === 'aborted')) {
        throw error;
      }
    }
  }

  async #sendAll(signal: AbortSignal | undefined): Promise<FlushReport> {
    const done = { accepted: 0, refused: 0 };
    let first: Failure | undefined;
    for (const topic of await this.buffer.waitingTopics()) {
      const failure = await this.#sendTopic(topic, done, signal);
      first ??= failure;
      if (failure?.isUnreachable) {
        break;
      }
    }
    this.#fruitless = first === undefined || done.accepted > 0 ? 0 : this.#fruitless + 1;
    this.#failure = first;
    if (first !== undefined && !first.soon) {
      this.hub.logger.warn(`Messages wait until somebody mends it: the hub ${first.reason}`, {});
    }
    const { waiting } = await this.buffer.stats();
    return { ...done, waiting, ...(first !== undefined && { reason: first.reason }) };
  }

  /** Asks for one after the other, since others may take messages away meanwhile. */
  async #sendTopic(
    topic: string,
    done: { accepted: number; refused: number },
    signal: AbortSignal | undefined,
  ): Promise<Failure | undefined> {
    for (;;) {
      const [message] = await this.buffer.waiting({ topic, limit: 1 });
      if (message === undefined) {
        return undefined;
      }
      const attempt = this.#attempt(message, done, signal);
      this.#sending = { id: message.id, attempt };
      const failure = await attempt;
      if (failure !== undefined) {
        return failure;
      }
    }
  }

  async #attempt(
    message: Message,
    done: { accepted: number; refused: number },
    signal: AbortSignal | undefined,
  ): Promise<Failure | undefined> {
    const answer = await postMessage(message, this.hub, signal);
    if (answer.outcome === 'failed') {
      return answer;
    }
    await this.#settle(message, answer, done);
    return undefined;
  }

  async #attemptOf(id: string): Promise<void> {
    if (this.#sending?.id === id) {
      await this.#sending.attempt.catch(() => undefined);
    }
  }

  async #settle(
    message: Message,
    answer: Exclude<Answer, Failure>,
    done: { accepted: number; refused: number },
  ): Promise<void> {
    const halves = answer.outcome === 'too_large' ? halve(message) : undefined;
    if (halves !== undefined) {
      await this.buffer.replace(message.id, halves);
      return;
    }
    if (answer.outcome === 'accepted') {
      this.#remember(message, answer.ids);
      await this.buffer.remove(message.id);
      done.accepted += 1;
      return;
    }
    const { reason, status } = answer;
    const { id, topic } = message;
    await this.buffer.refuse(id, { reason, status });
    this.hub.logger.warn(`The hub ${reason}: the message is kept apart`, { idempotencyKey: id, topic });
    done.refused += 1;
  }

  #remember({ id, kind }: Message, ids: readonly number[]): void {
    if (kind !== 'scheduled') {
      return;
    }
    this.sentSchedules.set(id, ids);
    for (const oldest of [...this.sentSchedules.keys()].slice(0, this.sentSchedules.size - MAX_REMEMBERED)) {
      this.sentSchedules.delete(oldest);
    }
  }
}
