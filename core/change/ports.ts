import type { Event } from '../events/event';
import type { Profile } from '../person/profile';
import type { StreamPosition } from '../stream-record';
import type { ChangeRecord, ChangeStatus } from './change';

/** The way into the changes stream; a user's changes keep their order. */
export interface ChangeStream {
  /**
   * Returns when the stream has the record.
   * @throws when the stream cannot be reached: the record may have been accepted, repeating is harmless.
   */
  append(record: ChangeRecord): Promise<StreamPosition>;
  /**
   * Appends many in few calls, a user's changes in the order given.
   * @returns the position of each, in the order given; `undefined` where the stream, after retries, has not
   * said that it took the record: it may have, and repeating is harmless.
   * @throws when not one of them is known to be taken.
   */
  appendMany(records: readonly ChangeRecord[]): Promise<readonly (StreamPosition | undefined)[]>;
}

/** How one sequence number ended, and what follows from it. */
export interface OutboxEntry {
  readonly status: ChangeStatus;
  /**
   * What is announced of the profile; none for a noop or a rejection. That the change ended is announced as well,
   * but that follows from the status alone and takes no room here.
   */
  readonly event?: Event;
}

/** Says that a person was erased; holds nothing of the person. */
export interface ErasureMark {
  /** ISO 8601: changes that were accepted until then change nothing any more, and end without naming anybody. */
  readonly at: string;
  /** ISO 8601: by then the stream has forgotten every such change, and the mark may go. */
  readonly until: string;
}

/** A user's row: everything that one conditional write changes together (design: law 3). */
export interface StoredProfile {
  readonly userId: string;
  /** 1 for the first write, one more for each. */
  readonly version: number;
  /** The newest change that the profile holds; up to 129 digits, compared as an integer. */
  readonly lastSequenceNumber: string;
  readonly lastShardId: string;
  /** `undefined`: deleted. The row stays, so that a replay of what came before the deletion undoes nothing. */
  readonly profile: Profile | undefined;
  /** Of the batch that made this version; replaced by the next write, never cleared. */
  readonly outbox: readonly OutboxEntry[];
  /** With no profile: all that an erasure left of the row. It outlives the first profile made anew. */
  readonly erased?: ErasureMark;
}

/** `refused`: the store takes the row to be invalid, and would again. */
export type WriteResult = 'written' | 'version_conflict' | 'too_large' | 'refused';

/** The profiles as the integrator sees them. */
export interface ProfileStore {
  /** Strongly consistent; the map lacks those that do not exist. */
  readMany(userIds: readonly string[]): Promise<ReadonlyMap<string, StoredProfile>>;
  /** One conditional write. @param expectedVersion of the row that it replaces, 0 when there is none. */
  write(row: StoredProfile, expectedVersion: number): Promise<WriteResult>;
  /** Whether `write` could take the row, by its size; asks no network. */
  fits(row: StoredProfile): boolean;
}

/** How changes ended. First write wins. */
export interface ChangeStatusStore {
  /** Strongly consistent; those that are not recorded, or expired, are left out. */
  readMany(positions: readonly StreamPosition[]): Promise<readonly ChangeStatus[]>;
  /** `undefined`: unknown, expired or not ended. Strongly consistent: what has ended stays ended. */
  find(sequenceNumber: string): Promise<ChangeStatus | undefined>;
  record(status: ChangeStatus): Promise<'recorded' | 'already_recorded'>;
}
