/// <reference lib="esnext.disposable" preserve="true" />
import { derivedId } from '../../core/derived-id';
import type { DeliveryLine } from './delivery-line';
import { EventError } from './errors';
import type { EventClient } from './event-client';
import { type Actor, copyData, type QueuedEvent, requireValidEvent } from './queued-event';
import type { EventRequest, RequestOf } from './session-types';
import type { Topic } from './topic-table';

export interface SessionOptions {
  /** Send within `publish`, which then returns a promise; there is no queue. @default false */
  readonly publishImmediately?: boolean;
  /**
   * What this run of your program does, such as the id of the message that it handles. A repeated run then gives
   * the same events the same ids, and none is stored twice. @default ids that nothing else has
   */
  readonly idempotencyKey?: string;
  /** Stops what is under way. */
  readonly signal?: AbortSignal;
  /** W3C trace context, which travels to subscribers. */
  readonly trace?: { readonly traceparent: string; readonly tracestate?: string };
}

/** A session as it is stored: an outbox beside your own data, which outlives the process. */
export interface SessionSnapshot {
  readonly actorId: string;
  readonly actorType: Actor['type'];
  readonly jobId: string;
  readonly events: readonly QueuedEvent[];
}

/** With more, flush first: what is queued is in memory alone. */
const MAX_QUEUED = 10_000;

/** What a header carries, trimmed. */
const jobIdForm = /^[!-~]([ -~]{0,254}[!-~])?$/;

export function isJobId(text: string): boolean {
  return jobIdForm.test(text);
}

/**
 * The events of one request or job. They are validated when they are published, sent by `flush` in the order of
 * publishing, and leave the queue once they are accepted. A client makes sessions.
 */
export class EventSession<Definitions = unknown, Returned = void> {
  readonly actorId: string;
  readonly actorType: Actor['type'];
  readonly jobId: string;
  readonly publishImmediately: boolean;
  readonly #client: EventClient<Definitions>;
  readonly #line: DeliveryLine;
  readonly #options: SessionOptions;
  readonly #queue: QueuedEvent[] = [];
  /** By what was published: how often. */
  readonly #occurrences = new Map<string, number>();

  /** @throws EventError `configuration_invalid` */
  constructor(client: EventClient<Definitions>, actor: Actor, jobId: string, options: SessionOptions = {}) {
    if (!isJobId(jobId)) {
      throw new EventError('configuration_invalid', 'jobId must be 1 to 256 printable characters of ASCII');
    }
    this.actorId = actor.id;
    this.actorType = actor.type;
    this.jobId = jobId;
    this.publishImmediately = options.publishImmediately ?? false;
    this.#client = client;
    this.#options = options;
    this.#line = client.openLine({ actor, jobId, traceHeaders: { ...options.trace } });
  }

  get client(): EventClient<Definitions> {
    return this.#client;
  }

  /** What is queued, in order. */
  get events(): readonly QueuedEvent[] {
    return [...this.#queue];
  }

  /**
   * Queues an event, or sends it in a session that publishes immediately.
   * @throws EventError `topic_not_found`, `event_invalid`, `queue_full`; and what `flush` throws, when it sends
   */
  publish(request: RequestOf<Definitions>): Returned {
    const { action, entity, category, data, id } = request as EventRequest;
    return this.#publish(this.#client.getTopic(category, entity, action), data, id);
  }

  /**
   * Sends one event at once, whatever is queued.
   * @throws EventError
   */
  async publishNow(request: RequestOf<Definitions>): Promise<void> {
    const { action, entity, category, data, id } = request as EventRequest;
    await this.#send(this.#makeEvent(this.#client.getTopic(category, entity, action), data, id));
  }

  /**
   * Sends what is queued. Once more after a failure is safe: ids are kept, so nothing is stored twice.
   * @throws EventError `refused`, `unavailable` or `aborted`, with what was not accepted; that is still queued
   */
  flush(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return this.#line.flush(this.#queue, this.#signal(options.signal));
  }

  /** Throws away what is queued and not sent. */
  rollback(): void {
    if (this.#queue.length > 0) {
      this.#client.logger.warn(`Rolling back ${this.#queue.length} events`, { jobId: this.jobId });
    }
    this.#queue.length = 0;
  }

  /** Flushes when the body succeeds, rolls back and throws on when it does not. @returns what the body does. */
  async run<Result>(body: (session: this) => Result | Promise<Result>): Promise<Result> {
    let result: Result;
    try {
      result = await body(this);
    } catch (error) {
      this.rollback();
      throw error;
    }
    await this.flush();
    return result;
  }

  /** What `client.resumeSession` takes. */
  toJSON(): SessionSnapshot {
    const { actorId, actorType, jobId, events } = this;
    return { actorId, actorType, jobId, events };
  }

  /**
   * For `await using`: cannot see whether the block has failed, so it rolls back what the block has not flushed, once
   * a flush that is under way has ended.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#line.idle();
    this.rollback();
  }

  /** Takes over what another process has left. @internal */
  static restore<Definitions>(session: EventSession<Definitions>, events: readonly QueuedEvent[]): void {
    session.#queue.push(...events);
  }

  /** The call that a name stands for, if it is one. @internal */
  static findMagicCall(session: unknown, name: string): ((data: unknown) => unknown) | undefined {
    if (typeof session !== 'object' || session === null || !(#client in session)) {
      return undefined;
    }
    const topic = session.#client.findByMagicName(name);
    return topic && ((data: unknown) => session.#publish(topic, data, undefined));
  }

  #publish(topic: Topic, data: unknown, id: string | undefined): Returned {
    if (this.publishImmediately) {
      return this.#publishAtOnce(topic, data, id) as Returned;
    }
    if (this.#queue.length >= MAX_QUEUED) {
      throw new EventError('queue_full', `${MAX_QUEUED} events are queued; flush before publishing more`);
    }
    this.#queue.push(this.#makeEvent(topic, data, id));
    return undefined as Returned;
  }

  async #publishAtOnce(topic: Topic, data: unknown, id: string | undefined): Promise<void> {
    await this.#send(this.#makeEvent(topic, data, id));
  }

  #send(event: QueuedEvent): Promise<void> {
    return this.#line.flush([event], this.#signal(undefined));
  }

  #makeEvent(topic: Topic, data: unknown, id: string | undefined): QueuedEvent {
    const { category, entity, action, name } = topic;
    const copy = copyData(name, data);
    const time = new Date().toISOString();
    const event = {
      id: id ?? this.#makeId(name, JSON.stringify(copy)),
      time,
      category,
      entity,
      action,
      data: copy,
    };
    const actor = { id: this.actorId, type: this.actorType };
    requireValidEvent(event, topic, actor, this.#client.judgeOf(topic));
    return Object.freeze(event);
  }

  /** By what is published and not by its place: whoever repeats in another order doubles nothing and loses nothing. */
  #makeId(topic: string, dataJson: string): string {
    const { idempotencyKey } = this.#options;
    if (idempotencyKey === undefined) {
      return globalThis.crypto.randomUUID();
    }
    const what = [this.#client.serviceName, this.actorType, this.actorId, topic, dataJson];
    const key = JSON.stringify(what);
    const occurrence = this.#occurrences.get(key) ?? 0;
    this.#occurrences.set(key, occurrence + 1);
    return derivedId('evt', idempotencyKey, ...what, occurrence);
  }

  #signal(other: AbortSignal | undefined): AbortSignal | undefined {
    const signals = [this.#options.signal, other].filter((signal) => signal !== undefined);
    return signals.length > 1 ? AbortSignal.any(signals) : signals[0];
  }
}

/**
 * Magic calls stand behind the prototype: only names that nothing else has get there, and a session stays an ordinary
 * object for whatever awaits, logs, inspects or copies it.
 */
Object.setPrototypeOf(
  EventSession.prototype,
  new Proxy(Object.create(Object.prototype), {
    get(target, name, session) {
      const found =
        typeof name === 'string' && !(name in target) && EventSession.findMagicCall(session, name);
      return found || Reflect.get(target, name, session);
    },
  }),
);
