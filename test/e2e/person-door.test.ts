import { isTested, openTarget } from '../support/e2e-target';
import { attribute, newcomer } from '../support/profile-documents';
import { beginJourney, freshName, type Journey, publishAndWait, send } from './journeys/journey';

const suite = isTested('strict') ? describe : describe.skip;

suite('the person door', () => {
  let journey: Journey;
  const names = [freshName(), freshName(), freshName()] as const;
  const idOf = (name: string) => `ad|Mozilla-LDAP|${name}`;
  const searching = { scopes: ['read:fullprofile', 'display:all', 'search:all'] };

  beforeAll(async () => {
    journey = await beginJourney(await openTarget('strict'));
    const ldap = journey.target.publisher('ldap');
    for (const [index, name] of names.entries()) {
      const profile = {
        ...newcomer(ldap, name),
        active: attribute(ldap, 'active', index !== 2),
        access_information: { ldap: attribute(ldap, 'ldap', { [`team-${name}`]: null }) },
      };
      expect(await publishAndWait(journey, profile as never)).toMatchObject({ state: 'integrated' });
    }
  }, 120_000);
  afterAll(async () => {
    await journey?.subscriber.stop();
    await journey?.target.stop();
  });

  it('finds a person in all four ways, encoded once or twice', async () => {
    const [name] = names;
    const byId = await send(journey, `/v2/user/user_id/${encodeURIComponent(idOf(name))}`);
    expect(byId.json.primary_email.value).toBe(`${name}@example.net`);
    const { uuid, primary_username } = byId.json;
    for (const [by, value] of [
      ['user_id', encodeURIComponent(idOf(name))],
      ['uuid', uuid.value],
      ['primary_email', `${name}@example.net`],
      ['primary_username', primary_username.value],
    ]) {
      const found = await send(journey, `/v2/user/${by}/${encodeURIComponent(value)}`);
      expect(found.json.user_id?.value).toBe(idOf(name));
    }
  });

  it('lists the people of a connection method, the inactive apart', async () => {
    const idsOf = async (active: string) => {
      const found: string[] = [];
      let next = '';
      do {
        const place = next === '' ? '' : `&nextPage=${next}`;
        const { json } = await send(journey, `/v2/users/id/all?connectionMethod=ad&active=${active}${place}`);
        found.push(...json.users.map((user: { user_id: string }) => user.user_id));
        next = json.nextPage ?? '';
      } while (next !== '');
      return found.filter((id) => names.some((name) => id === idOf(name)));
    };
    expect((await idsOf('True')).sort()).toEqual([idOf(names[0]), idOf(names[1])].sort());
    expect(await idsOf('False')).toEqual([idOf(names[2])]);
  });

  it('lists profiles, following the object that Python clients paste', async () => {
    const found = new Set<string>();
    let query = '';
    do {
      const { status, json } = await send(journey, `/v2/users${query}`);
      expect(status).toBe(200);
      for (const { user_id } of json.Items) {
        found.add(user_id.value);
      }
      query = json.nextPage ? `?nextPage=${encodeURIComponent(`{'id': '${json.nextPage.id}'}`)}` : '';
    } while (query !== '');
    expect([...found]).toEqual(expect.arrayContaining([idOf(names[0]), idOf(names[1])]));
    expect(found).not.toContain(idOf(names[2]));
  });

  it('searches by a group', async () => {
    const path = `/v2/users/id/all/by_attribute_contains?access_information.ldap=team-${names[1]}`;
    expect(
      (await send(journey, path, { token: await journey.target.token(['read:fullprofile']) })).status,
    ).toBe(403);
    const token = await journey.target.token(searching.scopes);
    const users: unknown[] = [];
    let next: string | null = '';
    while (next !== null) {
      const reply = await send(journey, next === '' ? path : `${path}&nextPage=${next}`, { token });
      users.push(...reply.json.users);
      next = reply.json.nextPage;
    }
    expect(users).toEqual([{ id: idOf(names[1]) }]);
    const full = await send(journey, `${path}&fullProfiles=True`, { token });
    expect(full.json.users[0]?.id.value ?? idOf(names[1])).toBe(idOf(names[1]));
  });

  it('says whether an address is known, here only to who has a token or where that is public', async () => {
    const path = `/v2/user/metadata/${names[0]}@example.net`;
    expect((await send(journey, path)).json).toEqual({ exists: { cis: true, ldap: true } });
    expect((await send(journey, '/v2/user/metadata/nobody@example.net')).json).toEqual({
      exists: { cis: false, ldap: false },
    });
    expect([200, 401]).toContain((await send({ ...journey, token: undefined as never }, path)).status);
  });

  it('leads from discovery to everything else, without a token', async () => {
    const anybody = { ...journey, token: undefined as never };
    const { json } = await send(anybody, '/.well-known/mozilla-iam');
    const { api } = json;
    expect(api.endpoints.person).toBe(journey.target.baseUrl);
    for (const publisher of ['ldap', 'hris', 'mozilliansorg', 'access_provider', 'cis']) {
      expect(api.publishers_jwks[publisher].keys.length).toBeGreaterThan(0);
      expect(JSON.stringify(api.publishers_jwks)).not.toContain('"d":');
    }
    for (const uri of [api.profile_schema_uri, api.publishers_rules_uri]) {
      expect(uri.startsWith(`${journey.target.baseUrl}/.well-known/`)).toBe(true);
      expect((await send(anybody, uri.slice(journey.target.baseUrl.length))).status).toBe(200);
    }
  });

  it('lets pages of other origins read', async () => {
    const headers = { origin: 'https://people.example.org' };
    const preflight = await send(journey, '/v2/users', {
      method: 'OPTIONS',
      headers: {
        ...headers,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization',
      },
    });
    expect(preflight).toMatchObject({
      status: 200,
      headers: {
        'access-control-allow-origin': headers.origin,
        'access-control-allow-headers': 'authorization',
      },
    });
    const reply = await send(journey, '/v2/users', { headers });
    expect(reply.headers['access-control-allow-origin']).toBe(headers.origin);
  });

  it.each([
    '/v2/users',
    '/v2/users/id/all?connectionMethod=ad',
    '/v2/users/id/all/by_attribute_contains?staff_information.staff=True',
  ])('asks for a token at %s', async (path) => {
    const reply = await send({ ...journey, token: undefined as never }, path);
    expect(reply).toMatchObject({ status: 401, json: { code: 'authorization_header_missing' } });
  });
});
