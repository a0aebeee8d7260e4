import type { PersonReader } from '../../../core/person/ports';
import type { Profile } from '../../../core/person/profile';
import { makeReadPerson } from '../../../lambdas/person/read-person';
import { makeAuthenticator } from '../../../lambdas/shared/authenticate';
import { cisDialect } from '../../../lambdas/shared/cis-dialect';
import { withCredentials } from '../../../lambdas/shared/cors';
import { openDoor } from '../../support/door';
import { profileWith } from '../../support/stored-profile';
import { trustingEnvironment, unsignedToken } from '../../support/tokens';

const everything = unsignedToken({ scope: 'read:fullprofile display:all' });
const ada = profileWith({
  user_id: 'ad|Mozilla-LDAP|ada',
  uuid: 'u-ada',
  primary_email: 'ada+test@example.org',
  primary_username: 'ada',
  active: true,
});
const bob = profileWith({ user_id: 'email|bob %41/ü', uuid: 'u-bob', active: false });
const eve = profileWith({ user_id: 'email|eve', uuid: 'u-eve', active: null });

/** An index that may name users who no longer match, as a real one for a moment does. */
function makePeople(profiles: readonly Profile[], stale: Readonly<Record<string, string[]>> = {}) {
  const people: PersonReader = {
    findUserIds: async (by, value) =>
      (Object.hasOwn(stale, value) ? stale[value] : undefined) ??
      profiles.filter((profile) => profile[by].value === value).map(({ user_id }) => String(user_id.value)),
    readProfile: async (userId) => profiles.find(({ user_id }) => user_id.value === userId),
  };
  return people;
}

function makeDoor(people = makePeople([ada, bob, eve]), publicMetadata = true) {
  return openDoor({
    name: 'read-person',
    dialect: cisDialect,
    methods: ['GET'],
    cors: withCredentials,
    wire: () =>
      makeReadPerson({ authenticate: makeAuthenticator(trustingEnvironment), people, publicMetadata }),
  });
}

/** A look-up as CIS's clients make it: encoded twice. */
const lookUp = (by: string, value: string, query: Record<string, string> = {}, token = everything) => ({
  path: '/v2/user/{by}/{value}',
  parameters: { by, value: encodeURIComponent(encodeURIComponent(value)) },
  query,
  token,
});

describe('GET /v2/user/{by}/{value}', () => {
  it.each([
    ['user_id', 'ad|Mozilla-LDAP|ada'],
    ['uuid', 'u-ada'],
    ['primary_email', 'ada+test@example.org'],
    ['primary_username', 'ada'],
  ])('finds a person by %s', async (by, value) => {
    expect(await makeDoor()(lookUp(by, value))).toMatchObject({ status: 200, json: ada });
  });

  it('reads a value that was encoded once, and one that is no encoding the second time', async () => {
    const read = makeDoor();
    const once = { by: 'user_id', value: encodeURIComponent('ad|Mozilla-LDAP|ada') };
    expect((await read({ parameters: once, token: everything })).json).toEqual(ada);
    const percent = profileWith({ user_id: 'email|100% ada', active: true });
    const door = makeDoor(makePeople([percent]));
    const parameters = { by: 'user_id', value: encodeURIComponent('email|100% ada') };
    expect((await door({ parameters, token: everything })).json).toEqual(percent);
    expect((await read(lookUp('user_id', 'email|bob %41/ü', { active: 'any' }))).json).toEqual(bob);
  });

  it('answers {} for nobody, never 404', async () => {
    const read = makeDoor();
    const nobody = ['nobody', 'x'.repeat(5000), '\u0000', '../../etc/passwd', '__proto__', '{"$ne":1}', ' '];
    for (const value of nobody) {
      expect(await read(lookUp('user_id', value))).toMatchObject({ status: 200, text: '{}' });
      expect(await read(lookUp('uuid', value))).toMatchObject({ status: 200, text: '{}' });
    }
  });

  it.each([
    [undefined, 'u-ada', true],
    [undefined, 'u-bob', false],
    [undefined, 'u-eve', false],
    ['true', 'u-ada', true],
    ['nonsense', 'u-bob', false],
    ['false', 'u-ada', false],
    ['false', 'u-bob', true],
    ['False', 'u-bob', true],
    ['any', 'u-ada', true],
    ['any', 'u-bob', true],
    ['any', 'u-eve', true],
    ['__proto__', 'u-bob', false],
  ])('with active=%s, %s is found: %s', async (active, uuid, found) => {
    const reply = await makeDoor()(lookUp('uuid', uuid, active === undefined ? {} : { active }));
    expect(reply.status).toBe(200);
    expect(reply.json.uuid?.value).toBe(found ? uuid : undefined);
  });

  it('does not believe an index that is behind', async () => {
    const former = profileWith({ user_id: 'email|former', primary_email: 'new@example.org', active: true });
    const people = makePeople([former, ada], {
      'ada+test@example.org': ['email|former', 'email|gone', 'ad|Mozilla-LDAP|ada'],
      'old@example.org': ['email|former'],
    });
    const read = makeDoor(people);
    expect((await read(lookUp('primary_email', 'ada+test@example.org'))).json).toEqual(ada);
    expect((await read(lookUp('primary_email', 'old@example.org'))).text).toBe('{}');
  });

  it('shows what the scopes open, and takes filterDisplay into account', async () => {
    const read = makeDoor();
    const view = await read(lookUp('uuid', 'u-ada', {}, unsignedToken({})));
    expect(view.json).toEqual({
      schema: ada.schema,
      uuid: ada.uuid,
      primary_username: ada.primary_username,
      identities: {},
      access_information: {},
      staff_information: {},
    });
    const filtered = await read(lookUp('uuid', 'u-ada', { filterDisplay: 'public' }));
    expect(Object.keys(filtered.json)).not.toContain('primary_email');
    expect((await read(lookUp('uuid', 'u-ada', { filterDisplay: '__proto__' }))).json).toEqual(filtered.json);
  });

  it('asks for a token with 401, not 500', async () => {
    const reply = await makeDoor()({ parameters: { by: 'uuid', value: 'u-ada' } });
    expect(reply).toMatchObject({ status: 401, json: { code: 'authorization_header_missing' } });
  });

  it.each(['email', 'active', '__proto__', 'constructor', 'metadata', ''])(
    'knows no look-up by "%s"',
    async (by) => {
      const reply = await makeDoor()(lookUp(by, 'x'));
      expect(reply.status).toBe(404);
      expect(Object.keys(reply.json)).toEqual(['code', 'description']);
    },
  );

  it('refuses a value that is not percent-encoding at all', async () => {
    const reply = await makeDoor()({ parameters: { by: 'uuid', value: '%ff' }, token: everything });
    expect(reply).toMatchObject({ status: 400, json: { code: 'parameter_invalid' } });
  });
});

describe('GET /v2/user/metadata/{primary_email}', () => {
  const inLdap = profileWith({ user_id: 'ad|ldap', primary_email: 'ldap+1@example.org', active: false });
  Object.assign(inLdap.access_information.ldap, { values: { team: null } });
  const people = makePeople([ada, bob, inLdap], { 'old@example.org': ['ad|ldap'] });
  const ask = (email: string, token?: string) => ({
    path: '/v2/user/metadata/{primary_email}',
    parameters: { primary_email: encodeURIComponent(encodeURIComponent(email)) },
    token,
  });

  it.each([
    ['ada+test@example.org', { cis: true, ldap: false }],
    // Inactive, too.
    ['ldap+1@example.org', { cis: true, ldap: true }],
    // Somebody's former address, which the index still knows.
    ['old@example.org', { cis: false, ldap: false }],
    ['nobody@example.org', { cis: false, ldap: false }],
    ['', { cis: false, ldap: false }],
    ['__proto__', { cis: false, ldap: false }],
    ['x'.repeat(5000), { cis: false, ldap: false }],
  ])('tells of %.30s whether it is known, and nothing else', async (email, exists) => {
    expect((await makeDoor(people)(ask(email))).text).toBe(JSON.stringify({ exists }));
  });

  it('asks for a token where it is not public, and answers the same then', async () => {
    const door = makeDoor(people, false);
    expect(await door(ask('ada+test@example.org'))).toMatchObject({
      status: 401,
      json: { code: 'authorization_header_missing', description: 'Authorization header is expected' },
    });
    const reply = await door(ask('ada+test@example.org', unsignedToken({})));
    expect(reply.json).toEqual({ exists: { cis: true, ldap: false } });
  });
});

describe('pages of other origins', () => {
  const origin = 'https://people.example.org';

  it('may read, and see why they may not', async () => {
    const read = makeDoor();
    const seen = await read({ ...lookUp('uuid', 'u-ada'), headers: { Origin: origin } });
    expect(seen.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      vary: 'Origin',
    });
    const refused = await read({ parameters: { by: 'uuid', value: 'u-ada' }, headers: { origin } });
    expect(refused).toMatchObject({ status: 401, headers: { 'access-control-allow-origin': origin } });
  });

  it('ask first, without a token', async () => {
    const headers = {
      origin,
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'authorization',
    };
    const reply = await makeDoor()({ method: 'OPTIONS', headers });
    expect(reply).toMatchObject({
      status: 200,
      headers: { 'access-control-allow-headers': 'authorization' },
    });
  });
});
