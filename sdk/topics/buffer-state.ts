import { MessageError } from './errors';
import { bytesOf, type Message, toFailed } from './message';
import type { BufferLimits, BufferStats, RefusedMessage } from './message-buffer';

/** One thing that happens to a buffer; all of them, in order, make its state. */
export type BufferRecord =
  | { readonly put: readonly Message[] }
  | { readonly refuse: string; readonly reason: string; readonly status: number; readonly at: string }
  | { readonly retry: string }
  | { readonly remove: string }
  | { readonly replace: string; readonly by: readonly Message[] };

/** Whether what was read from a disk is a record. */
export function isBufferRecord(value: unknown): value is BufferRecord {
  const { put, refuse, retry, remove, replace, by } = { ...(value as Record<string, unknown>) };
  return put !== undefined || by !== undefined
    ? [put ?? by].flat().every(isMessage)
    : [refuse, retry, remove, replace].some((id) => typeof id === 'string');
}

function isMessage(value: unknown): value is Message {
  const { id, topic, payloads, attributes } = { ...(value as Partial<Message>) };
  return (
    [id, topic, attributes].every((text) => typeof text === 'string') &&
    Array.isArray(payloads) &&
    payloads.every((payload) => typeof payload === 'string')
  );
}

const defaults = { maxMessages: 10_000, maxBytes: 64_000_000 };

/** What a buffer holds. Order is that of insertion, which a `Map` keeps. */
export class BufferState {
  readonly #waiting = new Map<string, Message>();
  readonly #byTopic = new Map<string, Map<string, Message>>();
  readonly #refused = new Map<string, RefusedMessage>();
  readonly #limits: Required<BufferLimits>;
  #bytes = 0;
  /** The bytes of messages that are on their way in. */
  readonly #reserved = new Map<string, number>();

  /** @throws MessageError `configuration_invalid` */
  constructor(limits: BufferLimits = {}) {
    this.#limits = { ...defaults, ...limits };
    const { maxMessages, maxBytes } = this.#limits;
    if (!(maxMessages >= 1 && maxBytes >= 1)) {
      throw new MessageError('configuration_invalid', 'maxMessages and maxBytes must be numbers, from 1');
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Room for messages, until they are put or the room is given back.
   * @returns those that are not there yet.
   * @throws MessageError `buffer_full`, `message_invalid`
   */
  reserve(messages: readonly Message[]): { readonly fresh: readonly Message[]; release(): void } {
    const fresh = messages.filter((message) => !this.#holds(message));
    const sizes = new Map(fresh.map((message) => [message.id, bytesOf(message)]));
    const { maxMessages, maxBytes } = this.#limits;
    const held = this.#waiting.size + this.#refused.size + this.#reserved.size;
    const heldBytes = this.#bytes + sumOf(this.#reserved);
    if (held + sizes.size > maxMessages || heldBytes + sumOf(sizes) > maxBytes) {
      throw new MessageError(
        'buffer_full',
        `the buffer holds ${held} messages with ${heldBytes} bytes; its limits are ${maxMessages} and ${maxBytes}`,
        { failed: messages.map(toFailed) },
      );
    }
    for (const [id, bytes] of sizes) {
      this.#reserved.set(id, bytes);
    }
    return {
      fresh,
      release: () => {
        for (const id of sizes.keys()) {
          this.#reserved.delete(id);
        }
      },
    };
  }

  /** What happens to a message that is not there changes nothing. @returns whether anything changed. */
  apply(record: BufferRecord): boolean {
    if ('put' in record) {
      record.put.forEach((message) => {
        this.#put(message);
      });
      return true;
    }
    if ('refuse' in record) {
      const { reason, status, at: refusedAt } = record;
      const message = this.#take(record.refuse);
      if (message !== undefined) {
        this.#refused.set(message.id, { ...plain(message), reason, status, refusedAt });
        this.#bytes += bytesOf(message);
      }
      return message !== undefined;
    }
    if ('retry' in record) {
      const refused = this.#refused.get(record.retry);
      if (refused !== undefined) {
        this.#take(record.retry);
        this.#put(plain(refused));
      }
      return refused !== undefined;
    }
    return 'replace' in record
      ? this.#replace(record.replace, record.by)
      : this.#take(record.remove) !== undefined;
  }

  /** As records: the shortest history that makes this state. */
  *snapshot(): Generator<BufferRecord> {
    for (const refused of this.#refused.values()) {
      yield { put: [plain(refused)] };
      const { id: refuse, reason, status, refusedAt: at } = refused;
      yield { refuse, reason, status, at };
    }
    for (const message of this.#waiting.values()) {
      yield { put: [message] };
    }
  }

  waiting(topic?: string, limit = Number.POSITIVE_INFINITY): readonly Message[] {
    return firstOf(topic === undefined ? this.#waiting : this.#byTopic.get(topic), limit);
  }

  waitingTopics(): readonly string[] {
    return [...this.#byTopic.keys()];
  }

  refused(limit = Number.POSITIVE_INFINITY): readonly RefusedMessage[] {
    return firstOf(this.#refused, limit);
  }

  stats(): BufferStats {
    const [waiting, refused, bytes] = [this.#waiting.size, this.#refused.size, this.#bytes];
    const { maxMessages, maxBytes } = this.#limits;
    return {
      waiting,
      refused,
      bytes,
      fullness: Math.max((waiting + refused) / maxMessages, bytes / maxBytes),
    };
  }

  #holds(message: Message): boolean {
    const held = this.#waiting.get(message.id) ?? this.#refused.get(message.id);
    if (held !== undefined && contentOf(held) !== contentOf(message)) {
      throw new MessageError(
        'message_invalid',
        'the idempotencyKey is that of another message in the buffer',
        {
          failed: [toFailed(message)],
        },
      );
    }
    return held !== undefined;
  }

  #put(message: Message): void {
    this.#take(message.id);
    this.#reserved.delete(message.id);
    this.#waiting.set(message.id, message);
    const ofTopic = this.#byTopic.get(message.topic) ?? new Map();
    this.#byTopic.set(message.topic, ofTopic.set(message.id, message));
    this.#bytes += bytesOf(message);
  }

  #take(id: string): Message | undefined {
    const message = this.#waiting.get(id) ?? this.#refused.get(id);
    if (message === undefined) {
      return undefined;
    }
    this.#waiting.delete(id);
    this.#refused.delete(id);
    const ofTopic = this.#byTopic.get(message.topic);
    ofTopic?.delete(id);
    if (ofTopic?.size === 0) {
      this.#byTopic.delete(message.topic);
    }
    this.#bytes -= bytesOf(message);
    return message;
  }

  /** Everything that waits is put again, the others in their place: rare, and of a bulk that was too large. */
  #replace(id: string, by: readonly Message[]): boolean {
    if (!this.#waiting.has(id)) {
      return false;
    }
    for (const message of [...this.#waiting.values()]) {
      this.#take(message.id);
      for (const one of message.id === id ? by : [message]) {
        this.#put(one);
      }
    }
    return true;
  }
}

function plain({ id, kind, topic, payloads, attributes, scheduleAt, createdAt }: Message): Message {
  return {
    id,
    kind,
    topic,
    payloads,
    attributes,
    ...(scheduleAt !== undefined && { scheduleAt }),
    createdAt,
  };
}

/** What a message says. Times do not count: "in five minutes" is another time when it is said again. */
function contentOf({ kind, topic, payloads, attributes }: Message): string {
  return JSON.stringify([kind, topic, payloads, attributes]);
}

function sumOf(sizes: ReadonlyMap<string, number>): number {
  return [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
}

function firstOf<One>(map: ReadonlyMap<string, One> | undefined, limit: number): readonly One[] {
  const found: One[] = [];
  for (const one of map?.values() ?? []) {
    if (found.length >= limit) {
      break;
    }
    found.push(one);
  }
  return found;
}
