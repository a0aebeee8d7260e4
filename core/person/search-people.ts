import { ServiceError } from '../errors';
import { attributeAt, contentOf } from './attributes';
import { collectPeople, type PeoplePage } from './collect-people';
import { type Activity, isAsAsked } from './find-person';
import type { PersonDirectory } from './ports';
import type { AttributePath, Profile } from './profile';

/** What people can be searched by: the attribute, and how its query parameter is read. Contract CIS, section 1.2. */
const searchable = {
  'access_information.ldap': 'group',
  'access_information.mozilliansorg': 'group',
  'staff_information.cost_center': 'text',
  'staff_information.director': 'boolean',
  'staff_information.manager': 'boolean',
  'staff_information.office_location': 'text',
  'staff_information.staff': 'boolean',
  'staff_information.team': 'text',
  'staff_information.title': 'text',
  'staff_information.worker_type': 'text',
} as const satisfies Partial<Record<AttributePath, string>>;

/** Whether a profile is what somebody searches for. */
export type PersonPredicate = (profile: Profile) => boolean;

/** 25 as the original's documents say; a thousand profiles are unpacked within a second or two. */
const BOUNDS = { items: 25, rows: 1000, rowsPerRead: 250 } as const;

/**
 * What is searched for: the first of the known parameters that is given, those with `not_` after the others.
 * @throws ServiceError `parameter_missing` when none is, `parameter_invalid` when a boolean is none.
 */
export function parsePersonSearch(query: Readonly<Record<string, string>>): PersonPredicate {
  const paths = Object.keys(searchable) as (keyof typeof searchable)[];
  for (const prefix of ['', 'not_']) {
    const path = paths.find((name) => Object.hasOwn(query, `${prefix}${name}`));
    if (path !== undefined) {
      const name = `${prefix}${path}`;
      const matches = predicate(path, query[name] ?? '', name);
      return prefix === '' ? matches : (profile) => !matches(profile);
    }
  }
  throw new ServiceError(
    'parameter_missing',
    `name an attribute to search by: ${paths.join(', ')}, or one of them with "not_" before it`,
  );
}

/**
 * A query's boolean: `true`, `1`, `false` or `0`, in any case.
 * @throws ServiceError `parameter_invalid` for another word.
 */
export function parseBoolean(text: string, name: string): boolean {
  const word = text.toLowerCase();
  if (['true', '1'].includes(word)) {
    return true;
  }
  if (['false', '0'].includes(word)) {
    return false;
  }
  throw new ServiceError('parameter_invalid', `the query parameter "${name}" must be "true" or "false"`);
}

/** One page of those who match and are as active as asked, each as `view` shows them. */
export function searchPeople<View>(
  page: {
    readonly matches: PersonPredicate;
    readonly activity: Activity;
    readonly after: string | undefined;
  },
  people: Pick<PersonDirectory, 'readProfiles'>,
  view: (profile: Profile) => View,
): Promise<PeoplePage<View>> {
  return collectPeople(people, BOUNDS, page.after, ({ open }) => {
    const profile = open();
    return isAsAsked(profile, page.activity) && page.matches(profile) ? view(profile) : undefined;
  });
}

function predicate(path: keyof typeof searchable, text: string, name: string): PersonPredicate {
  if (searchable[path] === 'group') {
    return (profile) => {
      const groups = contentAt(profile, path);
      return typeof groups === 'object' && groups !== null && Object.hasOwn(groups, text);
    };
  }
  const wanted = searchable[path] === 'boolean' ? parseBoolean(text, name) : text;
  return (profile) => contentAt(profile, path) === wanted;
}

function contentAt(profile: Profile, path: AttributePath): unknown {
  const attribute = attributeAt(profile, path);
  return attribute && contentOf(attribute);
}
