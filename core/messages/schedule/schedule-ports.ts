import type { DueMessage, ReleaseMessage, ScheduledMessage, ScheduledSummary } from './scheduled-message';

/**
 * The table of scheduled messages. Reads by id are strongly consistent; what is due, and the list, may be a moment
 * behind.
 */
export interface ScheduleStore {
  /**
   * Keeps a message, due at its time, under its id and the others that it is known by. One that was kept before, by a
   * call whose answer was lost, stays as it has become.
   * @returns `id_taken` when another message has one of them: nothing is due then.
   */
  park(
    message: Omit<Required<ScheduledMessage>, 'state' | 'endedAt'>,
    otherIds: readonly number[],
  ): Promise<'parked' | 'id_taken'>;
  /** By any of its ids; `undefined` when there never was one, or it ended long ago. */
  find(id: number): Promise<ScheduledMessage | undefined>;
  /**
   * Takes a message for its release: from now on nobody cancels it. Repeating it gives it again until it has ended.
   * @param id the message's own.
   * @returns `undefined` when there is nothing to release: cancelled, released, or unknown.
   */
  claim(id: number): Promise<Required<Pick<ScheduledMessage, 'event'>> | undefined>;
  /** Ends a claimed message; repeating it changes nothing. @param at ISO 8601. */
  endReleased(id: number, at: string): Promise<void>;
  /**
   * Ends a message that is still `scheduled`.
   * @param id the message's own. @param at ISO 8601.
   * @returns false when it is in another state by now.
   */
  cancel(id: number, at: string): Promise<boolean>;
  /** Messages of one of the {@link SCHEDULE_SHARDS} that are due by then (ISO 8601), the longest overdue first. */
  due(shard: number, by: string, limit: number): Promise<readonly DueMessage[]>;
  /** Looks at a message again later, unless its due time was moved, or it ended, meanwhile. @param to ISO 8601. */
  postpone(message: DueMessage, to: string): Promise<void>;
  /**
   * Messages that are not released yet, the next one first. `next` is there as long as there may be more.
   * @throws ServiceError `parameter_invalid` for a token that no list gave.
   */
  list(options: { readonly limit: number; readonly after?: string | undefined }): Promise<{
    readonly messages: readonly ScheduledSummary[];
    readonly next?: string;
  }>;
}

/** What is due is spread over this many partitions of the index by due time. */
export const SCHEDULE_SHARDS = 16;

/** The way to whoever releases messages. */
export interface ReleaseQueue {
  /**
   * Returns when the queue has every message.
   * @param messages each with the seconds to hold it back, 0 to 900.
   * @throws when the queue cannot be reached: some messages may have been accepted.
   */
  send(
    messages: readonly { readonly message: ReleaseMessage; readonly delaySeconds: number }[],
  ): Promise<void>;
}
