import type { LookUpKey, PersonReader } from './ports';
import type { Profile } from './profile';
import { userIdProblem } from './user-id';

/** Whom a reader asks for. */
export type Activity = 'active' | 'inactive' | 'any';

/** Somebody to look for: an attribute that is unique, or nearly so, and its value. */
export interface PersonQuery {
  readonly by: LookUpKey;
  readonly value: string;
  readonly activity: Activity;
}

/** CIS's reading of the query's `active`: whatever is not known means active. */
export function parseActivity(text: string | undefined): Activity {
  const known: Readonly<Record<string, Activity>> = { false: 'inactive', any: 'any' };
  const word = text?.toLowerCase() ?? '';
  return Object.hasOwn(known, word) ? (known[word] ?? 'active') : 'active';
}

/** The first of those whom `findPeople` finds: the one whom a look-up shows. */
export async function findPerson(query: PersonQuery, people: PersonReader): Promise<Profile | undefined> {
  return (await findPeople(query, people))[0];
}

/**
 * The people whose attribute has the value now and who are as active as asked. An index may be a moment old, so
 * what it finds is compared with the profile itself.
 */
export async function findPeople(
  { by, value, activity }: PersonQuery,
  people: PersonReader,
): Promise<readonly Profile[]> {
  if (value === '' || (by === 'user_id' && userIdProblem(value) !== undefined)) {
    return [];
  }
  const userIds = await people.findUserIds(by, value);
  const profiles = await Promise.all(userIds.map((userId) => people.readProfile(userId)));
  return profiles.filter(
    (profile) => profile !== undefined && profile[by].value === value && isAsAsked(profile, activity),
  ) as Profile[];
}

/** Whether somebody is as active as asked; who is not known to be active is not. */
export function isAsAsked(profile: Profile, activity: Activity): boolean {
  return activity === 'any' || (profile.active.value === true) === (activity === 'active');
}
