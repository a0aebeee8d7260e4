import { EventError, type FailedEvent } from './errors';
import { type QueuedEvent, toFailed, topicNameOf } from './queued-event';
import { type Refusal, type Sender, sendChunk } from './send-events';
import type { Connection, EventLogger } from './settings';

/** What a session sends goes through here, one call after the other: so events keep their order. */
export class DeliveryLine {
  #last: Promise<unknown> = Promise.resolve();
  readonly #sender: Sender;
  readonly #connection: Connection | undefined;
  readonly #logger: EventLogger;

  constructor(sender: Sender, connection: Connection | undefined, logger: EventLogger) {
    this.#sender = sender;
    this.#connection = connection;
    this.#logger = logger;
  }

  /**
   * Sends what is in the queue now, when its turn comes, and takes out of the queue what was accepted. An event that is
   * refused stays, and does not hold up the others; a failure stops the line.
   * @throws EventError
   */
  flush(queue: QueuedEvent[], signal: AbortSignal | undefined): Promise<void> {
    // What is published after this call waits for the next one.
    const open = new Set(queue);
    const turn = this.#last.then(() => this.#sendAll(queue, open, signal));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Once what was handed over so far has ended, however it did. */
  async idle(): Promise<void> {
    await this.#last;
  }

  async #sendAll(
    queue: QueuedEvent[],
    open: Set<QueuedEvent>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const failed: FailedEvent[] = [];
    // What was rolled back meanwhile is not sent any more.
    const remaining = () => queue.filter((event) => open.has(event));
    try {
      for (let next = remaining(); next.length > 0; next = remaining()) {
        for (const { event, errorType } of await this.#send(next, queue, signal)) {
          open.delete(event);
          failed.push(toFailed(event, errorType));
        }
      }
    } catch (error) {
      throw withEarlier(error, failed, remaining());
    }
    if (failed.length > 0) {
      const [{ topic, errorType }] = failed as [FailedEvent];
      const message = `the server refused ${failed.length} of the events, first one of ${topic}: ${errorType}`;
      throw new EventError('refused', message, { failed });
    }
  }

  #send(
    events: readonly QueuedEvent[],
    queue: QueuedEvent[],
    signal: AbortSignal | undefined,
  ): Promise<readonly Refusal[]> {
    const accepted = (some: readonly QueuedEvent[]) => remove(queue, some);
    if (this.#connection !== undefined) {
      this.#logger.info(`Publishing ${events.length} events`, {
        jobId: this.#sender.jobId,
        topics: [...new Set(events.map(topicNameOf))],
      });
      return sendChunk(events, this.#sender, this.#connection, accepted, signal);
    }
    for (const event of events) {
      const context = { ...event, actor: this.#sender.actor, jobId: this.#sender.jobId };
      this.#logger.info(`Publishing event ${topicNameOf(event)}`, context);
    }
    accepted(events);
    return Promise.resolve([]);
  }
}

/** In place: the session and the line hold the same queue. */
function remove(queue: QueuedEvent[], accepted: readonly QueuedEvent[]): void {
  const gone = new Set(accepted);
  queue.splice(0, queue.length, ...queue.filter((event) => !gone.has(event)));
}

/** What was refused before counts, and so does what was not tried any more. */
function withEarlier(error: unknown, earlier: readonly FailedEvent[], left: readonly QueuedEvent[]): unknown {
  if (!(error instanceof EventError)) {
    return error;
  }
  const known = new Set([...error.failed, ...earlier].map(({ id }) => id));
  const untried = left.filter(({ id }) => !known.has(id)).map((event) => toFailed(event));
  const { code, message, status, cause } = error;
  return new EventError(code, message, {
    failed: [...earlier, ...error.failed, ...untried],
    ...(status !== undefined && { status }),
    ...(cause !== undefined && { cause }),
  });
}
