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
