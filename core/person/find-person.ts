import { userIdProblem } from '../change/user-id';
import type { LookUpKey, PersonReader } from './ports';
import type { Profile } from './profile';

/** Whom a reader asks for. */
export type Activity = 'active' | 'inactive' | 'any';

/** CIS's reading of the query's `active`: whatever is not known means active. */
export function parseActivity(text: string | undefined): Activity {
  const known: Readonly<Record<string, Activity>> = { false: 'inactive', any: 'any' };
  const word = text?.toLowerCase() ?? '';
  return Object.hasOwn(known, word) ? (known[word] ?? 'active') : 'active';
}

/**
 * The first person whose attribute has the value now and who is as active as asked. An index may be a moment
 * old, so what it finds is compared with the profile itself.
 */
export async function findPerson(
  { by, value, activity }: { readonly by: LookUpKey; readonly value: string; readonly activity: Activity },
  people: PersonReader,
): Promise<Profile | undefined> {
  if (value === '' || (by === 'user_id' && userIdProblem(value) !== undefined)) {
    return undefined;
  }
  const userIds = await people.findUserIds(by, value);
  const profiles = await Promise.all(userIds.map((userId) => people.readProfile(userId)));
  return profiles.find(
    (profile) => profile !== undefined && profile[by].value === value && isAsAsked(profile, activity),
  );
}

function isAsAsked(profile: Profile, activity: Activity): boolean {
  return activity === 'any' || (profile.active.value === true) === (activity === 'active');
}
