import type { Event } from './event';

/** One record of the events stream, before it is written: its events stay together and in order. */
export interface EventBatch {
  /** Records with the same key keep their order; hashed by the adapter when over 200 bytes or empty. */
  readonly partitionKey: string;
  readonly events: readonly Event[];
}

/** The way into the events stream. */
export interface EventStream {
  /**
   * Returns when the stream has every batch; retries the records that it throttled.
   * Two batches of one key never share a call that could reorder them.
   * @throws when the stream cannot be reached: some batches may have been accepted.
   */
  append(batches: readonly EventBatch[]): Promise<void>;
}

/** Reads one event of the history; `undefined` when it has expired. */
export interface EventHistoryReader {
  read(key: {
    readonly topic: string;
    readonly order: string;
    readonly eventId: string;
  }): Promise<Event | undefined>;
}
