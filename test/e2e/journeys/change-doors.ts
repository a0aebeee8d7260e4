import { attribute, changeOf, newcomer, type ProfileDocument } from '../../support/profile-documents';
import { freshName, type JourneyOf, publishAndWait, send, statusOf, subscribe, unsubscribe } from './journey';

/** Both generations of the write routes, single and in batches, deletions, and what is announced of them. */
export function changeDoors(journey: JourneyOf): void {
  const ldap = () => journey().target.publisher('ldap');
  const mozilliansorg = () => journey().target.publisher('mozilliansorg');
  const idOf = (name: string) => `ad|Mozilla-LDAP|${name}`;
  const write = (method: string, path: string, body: unknown) => send(journey(), path, { method, body });

  it('takes a batch of hundreds with two changes of one user, and ends each of them', async () => {
    const names = Array.from({ length: 120 }, freshName);
    const [first = ''] = names;
    const batch = [
      ...names.map((name) => newcomer(ldap(), name)),
      { bogus: 1 },
      changeOf(mozilliansorg(), first, { fun_title: 'one' }),
      changeOf(mozilliansorg(), first, { fun_title: 'two' }),
    ];
    const answer = await write('POST', '/changes', batch);
    expect(answer.status).toBe(200);
    expect(answer.json).toHaveLength(batch.length);
    expect(answer.json[names.length]).toMatchObject({
      code: 'schema_invalid',
      status_code: 400,
      sequence_number: null,
    });
    const numbers = (answer.json as { sequence_number: string | null }[]).flatMap(
      ({ sequence_number }) => sequence_number ?? [],
    );
    expect(new Set(numbers).size).toBe(batch.length - 1);
    const statuses = await Promise.all(numbers.map((number) => statusOf(journey(), number)));
    expect(statuses.map(({ condition }) => condition)).toEqual([
      ...names.map(() => 'create'),
      ...['update', 'update'],
    ]);
    expect((await readPerson(first)).fun_title.value).toBe('two');
  }, 60_000);

  it('answers /v2/user with what became of the change', async () => {
    const name = freshName();
    const profile = newcomer(ldap(), name);
    const query = `?user_id=${encodeURIComponent(idOf(name))}`;
    const created = await write('POST', `/v2/user${query}`, profile);
    expect(created).toMatchObject({ status: 200, json: { condition: 'create', status_code: 200 } });
    // The person is there as soon as the answer is.
    expect((await readPerson(name)).last_name.value).toBe('Tester é中😀');

    const change = changeOf(mozilliansorg(), name, { fun_title: 'Tester' });
    const updated = await write('PUT', '/v2/user', JSON.stringify(JSON.stringify(change)));
    expect(updated).toMatchObject({ status: 200, json: { condition: 'update', status_code: 200 } });
    const again = await write('POST', '/v2/user', change);
    expect(again).toMatchObject({ status: 200 });
    expect(again.json).toEqual({ condition: 'noop', sequence_number: null, status_code: 202 });

    const refused = await write('POST', '/v2/user', changeOf(ldap(), name, { last_name: 'Changed' }));
    expect(refused.status).toBe(403);
    expect(refused.json).toEqual({
      code: 'invalid_publisher',
      description: '[update] ldap is NOT allowed to publish field last_name',
    });
    expect((await readStatus(updated.json.sequence_number)).json).toMatchObject({ identity_vault: true });
  });

  it('answers /v2/users with the numbers of what was created and updated, and the refusals', async () => {
    const [old, fresh] = [freshName(), freshName()];
    await publishAndWait(journey(), newcomer(ldap(), old));
    const answer = await write('PUT', '/v2/users', [
      newcomer(ldap(), fresh),
      changeOf(mozilliansorg(), old, { fun_title: 'Tester' }),
      changeOf(ldap(), old, { last_name: 'Changed' }),
    ]);
    expect(answer).toMatchObject({
      status: 200,
      json: {
        creates: { status: '200', sequence_numbers: [expect.stringMatching(/^\d+$/)] },
        updates: { status: '200', ResponseMetadata: { HTTPStatusCode: 200 } },
        status: 200,
        rejected: [{ index: 2, code: 'invalid_publisher' }],
      },
    });
    const nothing = await write('POST', '/v2/users', []);
    expect(nothing.json).toEqual({ creates: null, updates: null, status: 202 });
    const allRefused = await write('POST', '/v2/users', [changeOf(ldap(), old, { last_name: 'Changed' })]);
    expect(allRefused).toMatchObject({ status: 403, json: { code: 'invalid_publisher' } });
  });

  it('waits for a change at its status, and shows it under both names', async () => {
    const answer = await write('POST', '/change', newcomer(ldap(), freshName()));
    const { sequence_number: number } = answer.json;
    const waited = await send(journey(), `/change/status?sequenceNumber=${number}&waitSeconds=20`);
    expect(waited.json).toMatchObject({ identity_vault: true, state: 'integrated', condition: 'create' });
    expect((await readStatus(number)).json).toEqual({ identity_vault: true, state: 'integrated' });
    const startedAt = Date.now();
    const never = await send(journey(), '/v2/status?sequenceNumber=5&waitSeconds=1');
    expect(never.json).toEqual({ identity_vault: false });
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1000);
    const anonymous = await send(journey(), '/v2/status?sequenceNumber=5&waitSeconds=1', {
      token: undefined,
    });
    expect(anonymous).toMatchObject({ status: 401, json: { code: 'authorization_header_missing' } });
  });

  it('deletes, tells so, and lets somebody come back', async () => {
    const { subscriber } = journey();
    const name = freshName();
    const profile = newcomer(ldap(), name);
    await publishAndWait(journey(), profile);
    const subscription = await subscribe(journey(), `/${name}`, { topic: 'profile.deleted' });
    const person = await readPerson(name);
    const named = ['user_id', 'primary_email', 'uuid', 'primary_username'];
    const body = Object.fromEntries(named.map((key) => [key, person[key]]));
    for (const _ of ['once', 'again']) {
      const answer = await write('DELETE', '/v2/user', body);
      expect(answer).toMatchObject({ status: 200 });
      expect(answer.json).toEqual({
        condition: 'delete',
        message: `user profile deleted for user: ${idOf(name)}`,
        status: 200,
      });
    }
    expect(await readPerson(name)).toEqual({});
    const [webhook] = await subscriber.waitFor(1, `/${name}`);
    expect(JSON.parse(webhook?.body ?? '')).toMatchObject({
      type: 'profile.deleted',
      data: { user_id: idOf(name), uuid: person.uuid.value, operation: 'delete' },
    });
    expect(await publishAndWait(journey(), profile)).toMatchObject({ condition: 'create' });
    expect((await readPerson(name)).uuid.value).toBe(person.uuid.value);
    await unsubscribe(journey(), subscription);
  });

  it('announces how each change ended', async () => {
    const { subscriber } = journey();
    const name = freshName();
    const topics = ['change.integrated', 'change.noop', 'change.rejected'];
    const subscriptions = await Promise.all(
      topics.map((topic) => subscribe(journey(), `/${name}/${topic}`, { topic })),
    );
    const profile = newcomer(ldap(), name);
    await publishAndWait(journey(), profile);
    await publishAndWait(journey(), profile);
    await publishAndWait(journey(), changeOf(ldap(), name, { last_name: 'Changed' }));
    for (const [topic, ending] of [
      ['change.integrated', { state: 'integrated', condition: 'create' }],
      ['change.noop', { state: 'noop' }],
      ['change.rejected', { state: 'rejected', code: 'invalid_publisher' }],
    ] as const) {
      const [webhook] = await subscriber.waitFor(1, `/${name}/${topic}`);
      const { type, data } = JSON.parse(webhook?.body ?? '');
      expect([type, data]).toMatchObject([topic, { user_id: idOf(name), ...ending }]);
      expect(data.sequence_number).toMatch(/^\d+$/);
      expect(webhook?.body).not.toContain('Tester');
    }
    await Promise.all(subscriptions.map((subscription) => unsubscribe(journey(), subscription)));
  });

  it('takes a map of 5 000 groups, and refuses a profile that is too large', async () => {
    const name = freshName();
    const groups = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`group_${index}`, null]));
    const withGroups = (count: number): ProfileDocument => ({
      ...newcomer(ldap(), name),
      access_information: { ldap: attribute(ldap(), 'ldap', groups(count)) } as never,
    });
    const taken = await write('POST', '/v2/user', withGroups(5000));
    expect(taken).toMatchObject({ status: 200, json: { condition: 'create' } });
    expect(Object.keys((await readPerson(name)).access_information.ldap.values)).toHaveLength(5000);
    const refused = await write('POST', '/v2/user', withGroups(25_000));
    expect(refused).toMatchObject({ status: 413, json: { code: 'body_too_large' } });
    expect(refused.json.description).toContain('300000');
  });

  it.each(['/change', '/changes', '/v2/user'])(
    'refuses to write with GET at %s, and says why',
    async (path) => {
      const answer = await send(journey(), path);
      expect(answer).toMatchObject({ status: 405, json: { code: 'method_not_allowed' } });
      expect(answer.headers.allow).toContain('PUT');
      expect(answer.json.description).toContain('POST or PUT');
    },
  );

  it('says what it is', async () => {
    const name = await send(journey(), '/v2', { token: undefined });
    expect(name).toMatchObject({ status: 200, text: 'Mozilla Change Integration Service Endpoint' });
    const release = await send(journey(), '/v2/version', { token: undefined });
    expect(release.json).toEqual({ message: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  });

  /** As anybody may ask. */
  const readStatus = (sequenceNumber: string) =>
    send(journey(), `/v2/status?sequenceNumber=${sequenceNumber}`, { token: undefined });

  async function readPerson(name: string) {
    const value = encodeURIComponent(encodeURIComponent(idOf(name)));
    const answer = await send(journey(), `/v2/user/user_id/${value}`);
    expect(answer.status).toBe(200);
    return answer.json;
  }
}
