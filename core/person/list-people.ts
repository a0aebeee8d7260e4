import { ServiceError } from '../errors';
import { collectPeople, type PeoplePage } from './collect-people';
import { type Activity, findPeople, isAsAsked } from './find-person';
import { pageToken } from './page-token';
import type { PersonDirectory, PersonReader, PersonSummary } from './ports';
import type { Profile } from './profile';

/** A profile has some 25 kB: a page stays below what a reply of a function holds. */
const PROFILES = { items: 100, rows: 100, rowsPerRead: 100 } as const;

/** A row of the index has some 200 bytes: one read of them costs what two profiles do. */
const SUMMARIES_PER_READ = 1000;

/** Enough of them to answer with; and the reads after which a page is given as it is. */
const ENOUGH_SUMMARIES = 500;
const MOST_READS = 5;

/** One page of all profiles that are as active as asked, each as `view` shows it. */
export function listPeople<View>(
  page: { readonly activity: Activity; readonly after: string | undefined },
  people: Pick<PersonDirectory, 'readProfiles'>,
  view: (profile: Profile) => View,
): Promise<PeoplePage<View>> {
  return collectPeople(people, PROFILES, page.after, ({ open }) => {
    const profile = open();
    return isAsAsked(profile, page.activity) ? view(profile) : undefined;
  });
}

/** Everybody with an e-mail address who is as active as asked: a handful at most, so one page. */
export async function listPeopleByEmail<View>(
  { primaryEmail, activity }: { readonly primaryEmail: string; readonly activity: Activity },
  people: PersonReader,
  view: (profile: Profile) => View,
): Promise<PeoplePage<View>> {
  const found = await findPeople({ by: 'primary_email', value: primaryEmail, activity }, people);
  return { items: found.map(view) };
}

/**
 * One page of those who sign in by a connection method: whose user_id begins with it, such as `ad` or
 * `oauth2|firefoxaccounts`. It must be whole up to the first `|`, because that is what the index is made by.
 * @throws ServiceError `parameter_invalid` when the page belongs to another list.
 */
export async function listByConnectionMethod(
  page: {
    readonly connectionMethod: string;
    readonly activity: Activity;
    readonly after: string | undefined;
  },
  people: Pick<PersonDirectory, 'readSummaries'>,
): Promise<PeoplePage<PersonSummary>> {
  const { connectionMethod: prefix, activity } = page;
  if (page.after !== undefined && !page.after.startsWith(prefix)) {
    throw new ServiceError('parameter_invalid', '"nextPage" belongs to a list of another "connectionMethod"');
  }
  const active = activity === 'any' ? undefined : activity === 'active';
  const items: PersonSummary[] = [];
  let after = page.after;
  for (let reads = 0; reads < MOST_READS && items.length < ENOUGH_SUMMARIES; reads += 1) {
    const stretch = await people.readSummaries({ prefix, active, after, limit: SUMMARIES_PER_READ });
    items.push(...stretch.items);
    after = stretch.last;
    if (after === undefined) {
      return { items };
    }
  }
  return { items, next: pageToken(after as string) };
}
