import { withAttributes } from '../../../core/person/attributes';
import { emptyAttribute } from '../../../core/person/empty-profile';
import type { Attribute, AttributePath, Profile } from '../../../core/person/profile';
import { parsePersonSearch, searchPeople } from '../../../core/person/search-people';
import { makePeople } from '../../support/people';
import { profileWith } from '../../support/stored-profile';

function personWith(
  userId: string,
  contents: Partial<Record<AttributePath, unknown>>,
  active = true,
): Profile {
  const attributes = Object.entries(contents).map(([path, content]) => {
    const empty = emptyAttribute(path as AttributePath);
    return [path, { ...empty, ['values' in empty ? 'values' : 'value']: content } as Attribute] as const;
  });
  return withAttributes(
    profileWith({ user_id: userId, active }),
    new Map(attributes as [AttributePath, Attribute][]),
  );
}

const ada = personWith('ad|ada', {
  'access_information.ldap': { team: null, admins: 'yes' },
  'access_information.mozilliansorg': { toString: null },
  'staff_information.staff': true,
  'staff_information.manager': false,
  'staff_information.title': 'Engineer',
});
const bob = personWith('ad|bob', { 'access_information.ldap': {}, 'staff_information.staff': false });
const eve = personWith('ad|eve', {});
const people = { ada, bob, eve };

describe('parsePersonSearch', () => {
  it.each<[Record<string, string>, string]>([
    [{ 'access_information.ldap': 'team' }, 'ada'],
    [{ 'access_information.ldap': 'admins' }, 'ada'],
    [{ 'not_access_information.ldap': 'team' }, 'bob eve'],
    [{ 'access_information.ldap': 'constructor' }, ''],
    [{ 'access_information.ldap': '__proto__' }, ''],
    [{ 'access_information.mozilliansorg': 'toString' }, 'ada'],
    [{ 'staff_information.staff': 'True' }, 'ada'],
    [{ 'staff_information.staff': 'False' }, 'bob'],
    [{ 'staff_information.staff': '0' }, 'bob'],
    [{ 'not_staff_information.staff': 'true' }, 'bob eve'],
    [{ 'staff_information.manager': 'false' }, 'ada'],
    [{ 'staff_information.director': 'false' }, ''],
    [{ 'staff_information.title': 'Engineer' }, 'ada'],
    [{ 'staff_information.title': 'engineer' }, ''],
    [{ 'staff_information.title': '' }, ''],
    [{ 'not_staff_information.title': 'Engineer' }, 'bob eve'],
    // The first that is known wins, in the order of the list; those with "not_" come last.
    [{ 'not_staff_information.staff': 'true', 'staff_information.title': 'Engineer' }, 'ada'],
    [{ 'staff_information.title': 'nobody', 'access_information.ldap': 'team', bogus: '1' }, 'ada'],
  ])('%j matches "%s"', (query, names) => {
    const matches = parsePersonSearch(query);
    const found = Object.entries(people).filter(([, profile]) => matches(profile));
    expect(found.map(([name]) => name).join(' ')).toBe(names);
  });

  it.each([{}, { active: 'true' }, { first_name: 'Ada' }, { 'access_information.hris': 'x' }, { not_: 'x' }])(
    'says what can be searched when it is asked for something else: %j',
    (query) => {
      expect(() => parsePersonSearch(query as Record<string, string>)).toThrow(
        expect.objectContaining({
          code: 'parameter_missing',
          message: expect.stringContaining('staff_information.team'),
        }),
      );
    },
  );

  it.each(['', 'yes', 'None', '2'])('refuses the boolean "%s" rather than to guess', (text) => {
    expect(() => parsePersonSearch({ 'staff_information.staff': text })).toThrow(
      expect.objectContaining({ code: 'parameter_invalid' }),
    );
  });
});

describe('searchPeople', () => {
  const all = () => true;

  it('reads a bounded number of rows, and says where to go on when none of them matched', async () => {
    const crowd = Array.from({ length: 3000 }, (_, index) => personWith(`email|${10_000 + index}`, {}));
    const { directory, read } = makePeople(crowd);
    const matches = (profile: Profile) => profile.user_id.value === 'email|12999';
    const page = { matches, activity: 'active', after: undefined } as const;
    const first = await searchPeople(page, directory, () => 1);
    expect(first.items).toEqual([]);
    expect(first.next).toBeDefined();
    expect(read.rows).toBe(1000);
  });

  it('gives 25 at a time, and only those who are as active as asked', async () => {
    const crowd = Array.from({ length: 60 }, (_, index) =>
      personWith(`email|${100 + index}`, {}, index % 2 === 0),
    );
    const { directory } = makePeople(crowd);
    const idOf = (profile: Profile) => profile.user_id.value;
    const first = await searchPeople({ matches: all, activity: 'active', after: undefined }, directory, idOf);
    expect(first.items).toHaveLength(25);
    const after = Buffer.from(first.next ?? '', 'base64url').toString();
    expect(after).toBe(first.items.at(-1));
    const second = await searchPeople({ matches: all, activity: 'active', after }, directory, idOf);
    expect(second.items).toHaveLength(5);
    expect(second.next).toBeUndefined();
    const inactive = await searchPeople({ matches: all, activity: 'inactive', after }, directory, idOf);
    expect(inactive.items.every((id) => Number(id?.slice(6)) % 2 === 1)).toBe(true);
  });
});
