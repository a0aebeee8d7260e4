import type { Message } from './message';

/** A message that the hub will not take as it is, with what it said. */
export interface RefusedMessage extends Message {
  readonly reason: string;
  /** HTTP status of the refusal. */
  readonly status: number;
  /** ISO 8601, UTC. */
  readonly refusedAt: string;
}

export interface BufferStats {
  readonly waiting: number;
  readonly refused: number;
  /** What both take together. */
  readonly bytes: number;
  /** 0 to 1: how much of what it may hold it holds. */
  readonly fullness: number;
}

/**
 * Keeps messages that the hub could not take. Two of them come with this package, {@link MemoryBuffer} and
 * {@link FileBuffer}; one of your own may keep them in a table. What a promise of it resolves for is kept.
 */
export interface MessageBuffer {
  /**
   * Keeps messages behind all others: all of them or none. One with an id that is there already is there once.
   * @throws MessageError `buffer_full`; `message_invalid` for an id that another message has
   */
  append(messages: readonly Message[]): Promise<void>;
  /** Those waiting, in the order of `append`; of one topic, if it is named. */
  waiting(options?: { readonly topic?: string; readonly limit?: number }): Promise<readonly Message[]>;
  /** The topics that messages wait for, those that have waited longest first. */
  waitingTopics(): Promise<readonly string[]>;
  /** Those that were refused, in that order. They do not hold up others. */
  refused(options?: { readonly limit?: number }): Promise<readonly RefusedMessage[]>;
  /** Puts a waiting message apart, with what the hub said of it. */
  refuse(id: string, refusal: { readonly reason: string; readonly status: number }): Promise<void>;
  /** Has a refused message wait again, behind all others. @returns whether it was there. */
  retry(id: string): Promise<boolean>;
  /** Forgets a message, waiting or refused. @returns whether it was there. */
  remove(id: string): Promise<boolean>;
  /** Puts others in the place of a waiting message. */
  replace(id: string, messages: readonly Message[]): Promise<void>;
  stats(): Promise<BufferStats>;
}

/** How much a buffer holds; more is refused with `buffer_full`. */
export interface BufferLimits {
  /** A bulk is one. @default 10 000 */
  readonly maxMessages?: number;
  /** @default 64 MB */
  readonly maxBytes?: number;
}
