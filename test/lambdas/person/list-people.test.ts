import type { Profile } from '../../../core/person/profile';
import { makeListPeople } from '../../../lambdas/person/list-people';
import { makeAuthenticator } from '../../../lambdas/shared/authenticate';
import { cisDialect } from '../../../lambdas/shared/cis-dialect';
import { openDoor } from '../../support/door';
import { makePeople } from '../../support/people';
import { profileWith } from '../../support/stored-profile';
import { trustingEnvironment, unsignedToken } from '../../support/tokens';

const everything = unsignedToken({ scope: 'read:fullprofile display:all search:all' });
const people = Array.from({ length: 130 }, (_, index) =>
  profileWith({
    user_id: `${index < 120 ? 'email' : 'ad|Mozilla-LDAP'}|o'${1000 + index}`,
    uuid: `u-${index}`,
    primary_email: `${index}@example.org`,
    active: index % 20 !== 0,
  }),
);
Object.assign(people[7]?.staff_information.staff as object, { value: true });
Object.assign(people[20]?.staff_information.staff as object, { value: true });

function makeDoor(profiles: readonly Profile[] = people) {
  const { reader, directory } = makePeople(profiles);
  return openDoor({
    name: 'list-people',
    dialect: cisDialect,
    methods: ['GET'],
    wire: () =>
      makeListPeople({ authenticate: makeAuthenticator(trustingEnvironment), people: reader, directory }),
  });
}

const list = (path: string, query: Record<string, string> = {}, token: string | undefined = everything) => ({
  path,
  query,
  token,
});
const users = '/v2/users';
const ids = '/v2/users/id/all';
const search = '/v2/users/id/all/by_attribute_contains';

describe.each([users, ids, search])('GET %s', (path) => {
  const needed = { connectionMethod: 'email', 'staff_information.staff': 'true' };

  it('asks for a token with 401', async () => {
    const reply = await makeDoor()({ path, query: needed });
    expect(reply).toMatchObject({ status: 401, json: { code: 'authorization_header_missing' } });
  });

  it.each(['!', '{"id":', `{'id': 5}`, 'no token', 'x'.repeat(9000)])(
    'refuses the nextPage %.20s with 400',
    async (nextPage) => {
      const reply = await makeDoor()(list(path, { ...needed, nextPage }));
      expect(reply).toMatchObject({ status: 400, json: { code: 'parameter_invalid' } });
    },
  );

  it('answers with nobody when there is nobody', async () => {
    const reply = await makeDoor([])(list(path, needed));
    expect(reply.status).toBe(200);
    expect(Object.values(reply.json)).toEqual([[], null]);
  });
});

describe('GET /v2/users', () => {
  /** As the original's client does it: Python's repr of the object, pasted. */
  const asPython = (nextPage: { id: string }) => `{'id': '${nextPage.id}'}`;

  it.each([asPython, JSON.stringify])('is followed to its end by clients that paste %s', async (paste) => {
    const door = makeDoor();
    const first = await door(list(users));
    expect(first.json.nextPage).toEqual({ id: expect.stringMatching(/^[\w-]+$/) });
    const second = await door(list(users, { nextPage: paste(first.json.nextPage) }));
    expect(second.json.nextPage).toBeNull();
    const found = [...first.json.Items, ...second.json.Items].map((item) => item.user_id.value);
    expect(found).toEqual(
      people
        .filter(({ active }) => active.value)
        .map(({ user_id }) => user_id.value)
        .sort(),
    );
    expect(Object.keys(first.json)).toEqual(['Items', 'nextPage']);
  });

  it('knows only active and inactive', async () => {
    const countWith = async (active: string) => {
      const reply = await makeDoor(people.slice(0, 40))(list(users, { active }));
      return reply.json.Items.length;
    };
    expect(await Promise.all(['true', 'any', 'x', '', 'false', 'False'].map(countWith))).toEqual([
      38, 38, 38, 38, 2, 2,
    ]);
  });

  it('finds by primaryEmail, on one page', async () => {
    const reply = await makeDoor()(list(users, { primaryEmail: '7@example.org' }));
    expect(reply.json).toEqual({ Items: [people[7]], nextPage: null });
    for (const primaryEmail of ['20@example.org', 'nobody', '']) {
      expect((await makeDoor()(list(users, { primaryEmail }))).json).toEqual({ Items: [], nextPage: null });
    }
    const inactive = list(users, { primaryEmail: '20@example.org', active: 'false' });
    expect((await makeDoor()(inactive)).json.Items).toHaveLength(1);
  });

  it('shows what the scopes open, less what filterDisplay takes away', async () => {
    const bare = await makeDoor()(list(users, { primaryEmail: '7@example.org' }, unsignedToken({})));
    expect(Object.keys(bare.json.Items[0]).sort()).toEqual([
      'access_information',
      'identities',
      'primary_username',
      'schema',
      'staff_information',
      'uuid',
    ]);
    const filtered = list(users, { primaryEmail: '7@example.org', filterDisplay: 'public' });
    expect((await makeDoor()(filtered)).json.Items).toEqual(bare.json.Items);
  });
});

describe('GET /v2/users/id/all', () => {
  it('tells exactly four things of everybody who signs in that way', async () => {
    const reply = await makeDoor()(list(ids, { connectionMethod: 'ad', active: 'any' }, unsignedToken({})));
    expect(reply.json.nextPage).toBeNull();
    expect(reply.json.users).toHaveLength(10);
    expect(reply.json.users[0]).toEqual({
      uuid: 'u-120',
      user_id: "ad|Mozilla-LDAP|o'1120",
      primary_email: '120@example.org',
      active: false,
    });
  });

  it.each([
    ['True', 114],
    ['False', 6],
    ['any', 120],
    ['nonsense', 114],
  ])('takes active=%s', async (active, count) => {
    const reply = await makeDoor()(list(ids, { connectionMethod: 'email', active, cached: 'x' }));
    expect(reply.json.users).toHaveLength(count);
  });

  it('goes on after a user_id, as the original’s nextPage was one', async () => {
    const reply = await makeDoor()(list(ids, { connectionMethod: 'email', nextPage: "email|o'1117" }));
    expect(reply.json.users.map(({ uuid }: { uuid: string }) => uuid)).toEqual(['u-118', 'u-119']);
    const other = await makeDoor()(list(ids, { connectionMethod: 'ad', nextPage: "email|o'1117" }));
    expect(other).toMatchObject({ status: 400, json: { code: 'parameter_invalid' } });
  });

  it.each([{}, { connectionMethod: '' }])('asks for a connectionMethod: %j', async (query) => {
    const reply = await makeDoor()(list(ids, query as Record<string, string>));
    expect(reply).toMatchObject({ status: 400, json: { code: 'parameter_missing' } });
  });
});

describe('GET /v2/users/id/all/by_attribute_contains', () => {
  const staff = { 'staff_information.staff': 'True' };

  it('needs the scope search:all', async () => {
    const reply = await makeDoor()(
      list(search, staff, unsignedToken({ scope: 'read:fullprofile display:all' })),
    );
    expect(reply).toMatchObject({ status: 403, json: { code: 'insufficient_scope' } });
  });

  it('finds the active unless it is told otherwise', async () => {
    const found = async (query: Record<string, string>) =>
      (await makeDoor()(list(search, { ...staff, ...query }))).json;
    expect(await found({})).toEqual({ users: [{ id: "email|o'1007" }], nextPage: null });
    expect((await found({ active: 'False' })).users).toEqual([{ id: "email|o'1020" }]);
    expect((await found({ active: 'any' })).users).toHaveLength(2);
    expect(await found({ 'staff_information.staff': 'False' })).toEqual({ users: [], nextPage: null });
  });

  it('gives whole profiles with the user_id as an attribute, as far as the scopes open them', async () => {
    const reply = await makeDoor()(list(search, { ...staff, fullProfiles: 'True' }));
    expect(reply.json.users).toEqual([{ id: people[7]?.user_id, profile: people[7] }]);
    const bare = list(search, { ...staff, fullProfiles: '1' }, unsignedToken({ scope: 'search:all' }));
    const [user] = (await makeDoor()(bare)).json.users;
    expect(user.id.value).toBe("email|o'1007");
    expect(user.profile).not.toHaveProperty('primary_email');
    const no = await makeDoor()(list(search, { ...staff, fullProfiles: 'False' }));
    expect(no.json.users).toEqual([{ id: "email|o'1007" }]);
  });

  it.each([
    {},
    { fullProfiles: 'perhaps', ...staff },
    { 'staff_information.staff': 'perhaps' },
    { first_name: 'x' },
  ])('refuses %j with 400', async (query) => {
    expect((await makeDoor()(list(search, query as Record<string, string>))).status).toBe(400);
  });
});
