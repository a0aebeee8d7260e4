import type { StoredProfile } from '../../core/change/ports';
import { emptyProfile } from '../../core/person/empty-profile';
import type { Profile } from '../../core/person/profile';

/** A whole profile with some texts set, such as `{ user_id: 'a|b', first_name: 'Ada' }`. */
export function profileWith(values: Readonly<Record<string, string | boolean | null>>): Profile {
  const profile = emptyProfile() as unknown as Record<string, { value: unknown }>;
  for (const [name, value] of Object.entries(values)) {
    profile[name] = { ...profile[name], value };
  }
  return profile as unknown as Profile;
}

export function storedProfile(
  userId: string,
  values: Readonly<Record<string, string | boolean | null>> = {},
  rest: Partial<StoredProfile> = {},
): StoredProfile {
  return {
    userId,
    version: 1,
    lastSequenceNumber: '100',
    lastShardId: 'shardId-000000000000',
    profile: profileWith({ user_id: userId, active: true, ...values }),
    outbox: [],
    ...rest,
  };
}
