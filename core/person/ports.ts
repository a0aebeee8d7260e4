import type { Profile } from './profile';

/** What a person can be found by. */
export const lookUpKeys = ['user_id', 'uuid', 'primary_email', 'primary_username'] as const;
export type LookUpKey = (typeof lookUpKeys)[number];

/** The profiles as readers see them. */
export interface PersonReader {
  /**
   * The users whose attribute has the value, a few at most. By `user_id` the answer is certain; the others come
   * from an index that may be a moment old, so the caller compares the profile that it reads.
   */
  findUserIds(by: LookUpKey, value: string): Promise<readonly string[]>;
  /** Strongly consistent; `undefined` when there is none. */
  readProfile(userId: string): Promise<Profile | undefined>;
}

/** A stretch of a list whose order is the store's own. */
export interface Stretch<Item> {
  readonly items: readonly Item[];
  /** After whom the list goes on, whether or not they are among the items; `undefined` at the end of the list. */
  readonly last?: string | undefined;
}

/** A profile that is unpacked only when it is looked at, so that one call holds one at a time. */
export interface StoredPerson {
  readonly userId: string;
  /** @throws when the row is not what was written. */
  readonly open: () => Profile;
}

/** What `/v2/users/id/all` tells of somebody; the names are the wire's. */
export interface PersonSummary {
  readonly uuid: string | null;
  readonly user_id: string;
  readonly primary_email: string | null;
  readonly active: boolean;
}

/** The profiles as a list. Every call reads a bounded number of rows, and all rows come up once. */
export interface PersonDirectory {
  /** All profiles after a user, in an order without meaning; `limit` rows are read at most. */
  readProfiles(page: {
    readonly after?: string | undefined;
    readonly limit: number;
  }): Promise<Stretch<StoredPerson>>;
  /**
   * The users whose user_id begins with `prefix`, in the order of their ids, from an index that may be a moment
   * old; of `limit` rows that are read, those as active as asked.
   */
  readSummaries(page: {
    readonly prefix: string;
    /** `undefined`: both. */
    readonly active: boolean | undefined;
    readonly after?: string | undefined;
    readonly limit: number;
  }): Promise<Stretch<PersonSummary>>;
}
