import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { ChangeRecord, ChangeStatus, RejectionCode } from '../../../core/change/change';
import { positionKey, type StreamPosition } from '../../../core/stream-record';
import { handler, makeSubmitChange } from '../../../lambdas/change/submit-change';
import { makeAuthenticator } from '../../../lambdas/shared/authenticate';
import { cisDialect } from '../../../lambdas/shared/cis-dialect';
import { type DoorRequest, openDoor } from '../../support/door';
import { profileWith } from '../../support/stored-profile';
import { makeTokenIssuer, trustingEnvironment, unsignedToken } from '../../support/tokens';

const token = unsignedToken({ scope: 'write' });
const ada = profileWith({ user_id: 'ad|Mozilla-LDAP|ada', first_name: 'Ada' });

const SHARD = 'shardId-000000000000';

interface DoorOptions {
  readonly fails?: boolean;
  readonly authenticate?: ReturnType<typeof makeAuthenticator>;
  readonly allowDelete?: boolean;
  /** What the integrator makes of a change; `undefined`: it has not ended yet. */
  readonly ends?: (record: ChangeRecord, looks: number) => Partial<ChangeStatus> | undefined;
  /** Whether the stream takes a record of a batch. */
  readonly takes?: (record: ChangeRecord) => boolean;
}

function makeDoor(options: DoorOptions = {}) {
  const appended: ChangeRecord[] = [];
  const placed = new Map<string, ChangeRecord>();
  let now = Date.parse('2026-01-01T00:00:00Z');
  let looks = 0;
  const place = (record: ChangeRecord): StreamPosition => {
    if (options.fails) {
      throw new Error('the stream arn:aws:kinesis:eu-central-1:1:stream/secret is away');
    }
    appended.push(record);
    const position = { sequenceNumber: String(4960 + appended.length), shardId: SHARD };
    placed.set(positionKey(position), record);
    return position;
  };
  const submit = openDoor({
    name: 'submit-change',
    dialect: cisDialect,
    methods: ['POST', 'PUT', 'DELETE'],
    wire: () =>
      makeSubmitChange({
        authenticate: options.authenticate ?? makeAuthenticator(trustingEnvironment),
        stream: {
          append: async (record) => place(record),
          appendMany: async (records) =>
            records.map((record) => ((options.takes ?? (() => true))(record) ? place(record) : undefined)),
        },
        statuses: {
          readMany: async (positions) => {
            looks += 1;
            return positions.flatMap((position) => {
              const record = placed.get(positionKey(position));
              const status = record && options.ends?.(record, looks);
              return status
                ? [{ ...position, state: 'noop', endedAt: 'now', ...status } as ChangeStatus]
                : [];
            });
          },
        },
        now: () => new Date(now),
        pause: async (milliseconds) => {
          now += milliseconds;
        },
        waitSeconds: 5,
        allowDelete: options.allowDelete ?? true,
      }),
  });
  const ask = (request: DoorRequest) => submit({ path: '/change', ...request });
  return {
    submit: ask,
    appended,
    elapsed: () => now - Date.parse('2026-01-01T00:00:00Z'),
    looks: () => looks,
  };
}

const created = { state: 'integrated', condition: 'create' } as const;
const updated = { state: 'integrated', condition: 'update' } as const;
const rejected = (code: RejectionCode) => ({ state: 'rejected', code, text: `because of ${code}` }) as const;
const profileOf = (record: ChangeRecord | undefined) => (record?.operation ? undefined : record?.profile);
const person = (name: string, firstName = name) =>
  profileWith({ user_id: `ad|Mozilla-LDAP|${name}`, first_name: firstName });

describe('POST /change', () => {
  it('answers exactly the number of the change, once the stream has it', async () => {
    const { submit, appended } = makeDoor();
    const reply = await submit({ token, body: ada });
    expect(reply.status).toBe(200);
    expect(reply.text).toBe('{"status_code":200,"sequence_number":"4961"}');
    expect(appended).toEqual([
      {
        v: 1,
        kind: 'change',
        userId: 'ad|Mozilla-LDAP|ada',
        acceptedAt: '2026-01-01T00:00:00.000Z',
        profile: ada,
      },
    ]);
  });

  it('takes a string that holds the profile as JSON, a partial profile, and bytes', async () => {
    const { submit, appended } = makeDoor();
    const partial = { user_id: ada.user_id, first_name: ada.first_name };
    for (const body of [JSON.stringify(JSON.stringify(ada)), partial, Buffer.from(JSON.stringify(ada))]) {
      expect((await submit({ token, body })).status).toBe(200);
    }
    expect(appended.map(profileOf)).toEqual([ada, partial, ada]);
  });

  it('takes the user_id of the query when it is the one of the profile', async () => {
    const { submit } = makeDoor();
    expect((await submit({ token, body: ada, query: { user_id: 'ad|Mozilla-LDAP|ada' } })).status).toBe(200);
    const reply = await submit({ token, body: ada, query: { user_id: 'ad|Mozilla-LDAP|bob' } });
    expect(reply.status).toBe(400);
    expect(reply.text).toBe(
      '{"code":"integration_exception","description":"user_id query parameter does not match profile, that looks wrong"}',
    );
  });

  it.each([
    [undefined, 400, 'body_missing'],
    ['', 400, 'body_missing'],
    ['{', 400, 'body_not_json'],
    ['{"user_id":}', 400, 'body_not_json'],
    [Buffer.from([0x22, 0xff, 0x22]), 400, 'body_not_json'],
    [Buffer.from([0x1f, 0x8b, 0, 0]), 400, 'body_not_json'],
    [JSON.stringify('{"a":'), 400, 'body_not_json'],
    [JSON.stringify(JSON.stringify('twice')), 400, 'body_invalid'],
    ['null', 400, 'body_invalid'],
    ['7', 400, 'body_invalid'],
    ['true', 400, 'body_invalid'],
  ])('refuses a body that is no profile: %s', async (body, status, code) => {
    const { submit, appended } = makeDoor();
    const reply = await submit({ token, body });
    expect(reply).toMatchObject({ status, json: { code, description: expect.any(String) } });
    expect(Object.keys(reply.json)).toEqual(['code', 'description']);
    expect(appended).toEqual([]);
  });

  const attribute = (value: unknown) => ({ ...ada.user_id, value });
  const nested = `{"user_id":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  it.each([
    ['no user_id', {}],
    ['a null user_id', { user_id: attribute(null) }],
    ['an empty user_id', { user_id: attribute('') }],
    ['a user_id that is a number', { user_id: attribute(7) }],
    ['a user_id that is an object', { user_id: attribute({}) }],
    ['a bare user_id', { user_id: 'ada' }],
    ['a user_id that no store takes', { user_id: attribute('x'.repeat(1025)) }],
    ['half a surrogate pair', `{"user_id":${JSON.stringify(attribute('PAIR')).replace('PAIR', '\\ud800')}}`],
    ['an unknown attribute', { ...ada, shoe_size: attribute('42') }],
    ['a missing signature', { user_id: ada.user_id, first_name: { value: 'Ada' } }],
    ['__proto__', `{"__proto__":{"user_id":${JSON.stringify(attribute('a'))}}}`],
    ['__proto__ beside', `{"user_id":${JSON.stringify(attribute('a'))},"__proto__":{"active":true}}`],
    ['constructor', `{"user_id":${JSON.stringify(attribute('a'))},"constructor":{"prototype":{}}}`],
    ['a number that JSON cannot keep', JSON.stringify(ada).replace('"Ada"', '1e400')],
    ['bottomless nesting', nested],
  ])('refuses a profile with %s as CIS does a schema failure', async (_, body) => {
    const { submit, appended } = makeDoor();
    const reply = await submit({ token, body });
    expect(reply).toMatchObject({
      status: 400,
      json: { code: 'schema_invalid', status_code: 400, sequence_number: null },
    });
    expect(Object.keys(reply.json)).toEqual(['code', 'description', 'status_code', 'sequence_number']);
    expect(reply.json.description.length).toBeLessThan(2000);
    expect(appended).toEqual([]);
  });

  it('does not repeat values in a refusal', async () => {
    const { submit } = makeDoor();
    const secret = { ...ada.first_name, value: { secret: 'hunter2' } };
    const reply = await submit({ token, body: { ...ada, first_name: secret } });
    expect(reply.status).toBe(400);
    expect(reply.text).not.toContain('hunter2');
  });

  it('refuses what is too large before reading it, naming the limit', async () => {
    const { submit, appended } = makeDoor();
    const reply = await submit({ token, body: `{"user_id":"${'x'.repeat(300_000)}` });
    expect(reply).toMatchObject({ status: 413, json: { code: 'body_too_large' } });
    expect(reply.json.description).toContain('300000');
    const fits = JSON.stringify(ada).padEnd(300_000, ' ');
    expect((await submit({ token, body: fits })).status).toBe(200);
    expect((await submit({ token, body: `${fits} ` })).status).toBe(413);
    expect(appended).toHaveLength(1);
  });

  it('asks who calls before it looks at the body', async () => {
    const { submit } = makeDoor();
    const withoutToken = await submit({ body: '{' });
    expect(withoutToken).toMatchObject({
      status: 401,
      text: '{"code":"authorization_header_missing","description":"Authorization header is expected"}',
      headers: { 'www-authenticate': 'Bearer' },
    });
    for (const scope of ['', 'read', 'write:all', 'WRITE', 'display:all']) {
      const reply = await submit({ token: unsignedToken({ scope }), body: '{' });
      expect(reply).toMatchObject({ status: 403, json: { code: 'insufficient_scope' } });
      expect(reply.json.description).toContain('"write"');
    }
  });

  it('takes no token but a good one of the issuer', async () => {
    const issuer = await makeTokenIssuer();
    const { submit, appended } = makeDoor({ authenticate: makeAuthenticator(issuer.environment) });
    const foreign = await makeTokenIssuer();
    const bad = [
      unsignedToken({ scope: 'write' }),
      unsignedToken({ scope: 'write' }, { alg: 'none' }),
      await foreign.token({ scope: 'write' }),
      await issuer.token({ scope: 'write', exp: 1 }),
      await issuer.token({ scope: 'write', aud: 'another' }),
    ];
    for (const one of bad) {
      expect((await submit({ token: one, body: ada })).status).toBe(401);
    }
    expect(appended).toEqual([]);
    expect((await submit({ token: await issuer.token({ scope: 'write' }), body: ada })).status).toBe(200);
  });

  it('tells nothing of the inside when the stream is away', async () => {
    const { submit } = makeDoor({ fails: true });
    const reply = await submit({ token, body: ada });
    expect(reply).toMatchObject({ status: 500, json: { code: 'internal_error' } });
    expect(reply.text).not.toMatch(/arn|kinesis|stack|secret/);
  });

  it.each(['GET', 'DELETE', 'PATCH', 'HEAD'])('does not answer %s', async (method) => {
    const reply = await real({ method, path: '/change', token, body: ada });
    expect(reply).toMatchObject({ status: 405, headers: { allow: 'POST, PUT, OPTIONS' } });
    expect(reply.json.code).toBe('method_not_allowed');
  });

  it('takes the user of the query for a profile that names none', async () => {
    const { submit, appended } = makeDoor();
    const { user_id: _, ...rest } = ada;
    const nulled = { ...rest, user_id: { ...ada.user_id, value: null } };
    for (const body of [rest, nulled]) {
      const reply = await submit({ token, body, query: { user_id: 'ad|Mozilla-LDAP|ada' } });
      expect(reply.status).toBe(200);
    }
    expect(appended.map(({ userId }) => userId)).toEqual(['ad|Mozilla-LDAP|ada', 'ad|Mozilla-LDAP|ada']);
    expect((await submit({ token, body: rest, query: { user_id: '' } })).status).toBe(400);
  });

  it('is wired at the first request only', () => {
    expect(handler).toBeInstanceOf(Function);
  });
});

/** The door as it is deployed, up to its first look at the environment. */
async function real(request: DoorRequest) {
  const { path, method } = request;
  const event = { httpMethod: method, resource: path, path, headers: {}, requestContext: {} };
  const reply = await handler(event as unknown as APIGatewayProxyEvent);
  return { status: reply.statusCode, headers: reply.headers ?? {}, json: JSON.parse(reply.body) };
}

describe('a method that wrote in the original', () => {
  it.each(['/change', '/changes', '/v2/user'])('is refused at %s, which says why', async (path) => {
    const reply = await real({ method: 'GET', path });
    expect(reply).toMatchObject({ status: 405, json: { code: 'method_not_allowed' } });
    expect(reply.json.description).toMatch(/POST or PUT; a person is read at GET \/v2\/user\/user_id/);
  });

  it('names DELETE as allowed at /v2/user alone', async () => {
    const allow = async (path: string) => (await real({ method: 'PATCH', path })).headers.allow;
    expect(await allow('/v2/user')).toBe('POST, PUT, DELETE, OPTIONS');
    expect(await allow('/changes')).toBe('POST, PUT, OPTIONS');
  });
});

describe.each(['/changes', '/change'])('a batch at %s', (path) => {
  it('has a receipt for each member, in the order of the request, and no wait', async () => {
    const { submit, appended, looks } = makeDoor();
    const body = [person('a'), JSON.stringify(person('b')), person('c')];
    const reply = await submit({ path, token, body });
    expect(reply).toMatchObject({ status: 200 });
    expect(reply.json).toEqual(
      ['4961', '4962', '4963'].map((sequence_number) => ({ status_code: 200, sequence_number })),
    );
    expect(appended.map(profileOf)).toEqual(['a', 'b', 'c'].map((name) => person(name)));
    expect(looks()).toBe(0);
  });

  it('is taken doubly encoded, with PUT, and empty', async () => {
    const { submit, appended } = makeDoor();
    const body = JSON.stringify(JSON.stringify([person('a')]));
    expect((await submit({ path, method: 'PUT', token, body })).status).toBe(200);
    expect(appended).toHaveLength(1);
    expect(await submit({ path, token, body: [] })).toMatchObject({ status: 200, text: '[]' });
  });

  it('has a refusal in the place of a member that breaks the schema; the others go in', async () => {
    const { submit, appended } = makeDoor();
    const body = [{ user_id: 7 }, person('a'), null, 'no JSON', [person('x')], person('b')];
    const reply = await submit({ path, token, body });
    expect(reply.status).toBe(200);
    expect(reply.json.map(({ sequence_number }: { sequence_number: unknown }) => sequence_number)).toEqual([
      null,
      '4961',
      null,
      null,
      null,
      '4962',
    ]);
    expect(reply.json[0]).toEqual({
      code: 'schema_invalid',
      description: 'user_id: must be an object',
      status_code: 400,
      sequence_number: null,
    });
    expect(appended).toHaveLength(2);
  });

  it('is refused as a whole only when all of it is', async () => {
    const { submit, appended } = makeDoor();
    const reply = await submit({ path, token, body: [{}, { bogus: 1 }] });
    expect(reply.status).toBe(400);
    expect(reply.json).toHaveLength(2);
    expect(appended).toEqual([]);
  });

  it('says which members the stream has not confirmed', async () => {
    const { submit } = makeDoor({ takes: ({ userId }) => !userId.endsWith('b') });
    const reply = await submit({ path, token, body: [person('a'), person('b'), person('c')] });
    expect(reply.status).toBe(200);
    expect(reply.json).toMatchObject([
      { status_code: 200, sequence_number: '4961' },
      { status_code: 503, code: 'unavailable', sequence_number: null },
      { status_code: 200, sequence_number: '4962' },
    ]);
  });

  it('is a failure, without any detail, when the stream is away', async () => {
    const reply = await makeDoor({ fails: true }).submit({ path, token, body: [person('a')] });
    expect(reply).toMatchObject({ status: 500, json: { code: 'internal_error' } });
    expect(reply.text).not.toMatch(/arn|kinesis|stack|secret/);
  });

  it('of more members or bytes than the limit is refused before anything is kept', async () => {
    const { submit, appended } = makeDoor();
    const tooMany = await submit({ path, token, body: Array.from({ length: 501 }, () => ({})) });
    expect(tooMany).toMatchObject({ status: 413, json: { code: 'body_too_large' } });
    expect(tooMany.json.description).toContain('500');
    const tooLarge = await submit({ path, token, body: `[${' '.repeat(4_000_000)}]` });
    expect(tooLarge).toMatchObject({ status: 413, json: { code: 'body_too_large' } });
    expect(tooLarge.json.description).toContain('4000000');
    expect(appended).toEqual([]);
  });

  it('has a refusal for a member that is too large', async () => {
    const { submit } = makeDoor();
    const reply = await submit({ path, token, body: [person('a', 'x'.repeat(300_000)), person('b')] });
    expect(reply.json[0]).toMatchObject({ code: 'profile_too_large', status_code: 400 });
    expect(reply.json[1]).toMatchObject({ status_code: 200 });
  });
});

describe('/changes', () => {
  it.each(['/changes', '/v2/users'])('%s takes no profile alone', async (path) => {
    const { submit, appended } = makeDoor();
    const reply = await submit({ path, token, body: ada });
    expect(reply).toMatchObject({ status: 400, json: { code: 'body_invalid' } });
    expect(reply.json.description).toContain('array');
    expect(appended).toEqual([]);
  });
});

describe('/v2/user', () => {
  const path = '/v2/user';
  it.each([
    [created, 200, { condition: 'create', sequence_number: '4961', status_code: 200 }],
    [updated, 200, { condition: 'update', sequence_number: '4961', status_code: 200 }],
    [{ state: 'noop' }, 200, { condition: 'noop', sequence_number: null, status_code: 202 }],
    [
      rejected('invalid_publisher'),
      403,
      { code: 'invalid_publisher', description: 'because of invalid_publisher' },
    ],
    [rejected('invalid_signature'), 403, { code: 'invalid_signature', description: expect.any(String) }],
    [rejected('uuid_or_primary_username_set'), 403, { code: 'uuid_or_primary_username_set' }],
    [rejected('schema_invalid'), 400, { code: 'schema_invalid' }],
    [rejected('profile_too_large'), 413, { code: 'profile_too_large' }],
    [rejected('internal_error'), 500, { code: 'internal_error' }],
    [undefined, 202, { condition: 'pending', sequence_number: '4961', status_code: 202 }],
  ] as const)('answers %j with %i', async (ending, status, body) => {
    for (const method of ['POST', 'PUT']) {
      const { submit } = makeDoor({ ends: () => ending });
      const reply = await submit({
        path,
        method,
        token,
        body: ada,
        query: { user_id: 'ad|Mozilla-LDAP|ada' },
      });
      expect(reply).toMatchObject({ status, json: body });
      expect(Object.keys(reply.json).sort()).toEqual(
        status < 300 ? Object.keys(body).sort() : ['code', 'description'],
      );
    }
  });

  it('answers as soon as the change has ended, and waits no longer than the stage says', async () => {
    const soon = makeDoor({ ends: (_, looks) => (looks >= 4 ? created : undefined) });
    expect((await soon.submit({ path, token, body: ada })).status).toBe(200);
    expect(soon.elapsed()).toBeLessThan(300);
    const never = makeDoor();
    expect((await never.submit({ path, token, body: ada })).status).toBe(202);
    expect(never.elapsed()).toBe(5000);
    expect(never.looks()).toBeLessThan(25);
  });

  it('waits for nothing when the schema is broken', async () => {
    const { submit, appended, looks } = makeDoor();
    const reply = await submit({ path, token, body: { user_id: ada.user_id, bogus: 1 } });
    expect(reply).toMatchObject({
      status: 400,
      json: { code: 'schema_invalid', status_code: 400, sequence_number: null },
    });
    expect([appended, looks()]).toEqual([[], 0]);
  });
});

describe('/v2/users', () => {
  const path = '/v2/users';
  const endings: Readonly<Record<string, Partial<ChangeStatus> | undefined>> = {
    new: created,
    old: updated,
    same: { state: 'noop' },
    bad: rejected('invalid_publisher'),
    slow: undefined,
  };
  const ends = ({ userId }: ChangeRecord) => endings[userId.split('|').at(-1) ?? ''];
  const send = async (...names: string[]) => {
    const { submit } = makeDoor({ ends });
    const body = names.map((name) => (name === 'broken' ? { bogus: 1 } : person(name)));
    const { status, json } = await submit({ path, token, body });
    return { status, json };
  };

  it('answers with the numbers of what was created and updated', async () => {
    expect(await send('new', 'old', 'new')).toEqual({
      status: 200,
      json: {
        creates: { status: '200', sequence_numbers: ['4961', '4963'] },
        updates: {
          status: '200',
          sequence_numbers: ['4962'],
          ResponseMetadata: { HTTPStatusCode: 200 },
        },
        status: 200,
      },
    });
  });

  it('says when there was nothing to do', async () => {
    const nothing = { status: 200, json: { creates: null, updates: null, status: 202 } };
    expect(await send()).toEqual(nothing);
    expect(await send('same', 'same')).toEqual(nothing);
  });

  it('names the refused, with their places, beside the others', async () => {
    expect(await send('broken', 'new', 'bad')).toEqual({
      status: 200,
      json: {
        creates: { status: '200', sequence_numbers: ['4961'] },
        updates: null,
        status: 200,
        rejected: [
          {
            index: 0,
            sequence_number: null,
            code: 'schema_invalid',
            description: 'bogus: is not in the schema',
          },
          {
            index: 2,
            sequence_number: '4962',
            code: 'invalid_publisher',
            description: 'because of invalid_publisher',
          },
        ],
      },
    });
  });

  it('is refused with the first refusal only when all were', async () => {
    expect(await send('bad', 'broken')).toEqual({
      status: 403,
      json: { code: 'invalid_publisher', description: 'because of invalid_publisher' },
    });
    expect((await send('bad', 'same')).status).toBe(200);
    expect((await send('broken')).status).toBe(400);
  });

  it('names what has not ended in time', async () => {
    expect(await send('new', 'slow')).toEqual({
      status: 202,
      json: {
        creates: { status: '200', sequence_numbers: ['4961'] },
        updates: null,
        status: 202,
        pending: ['4962'],
      },
    });
  });
});

describe('DELETE /v2/user', () => {
  const body = {
    user_id: ada.user_id,
    primary_email: ada.primary_email,
    uuid: ada.uuid,
    primary_username: ada.primary_username,
  };
  const request = { method: 'DELETE', path: '/v2/user', token, body };
  const deleted = { state: 'integrated', condition: 'delete' } as const;

  it('travels the stream, and answers as the original, whether or not there was somebody', async () => {
    for (const ending of [deleted, { state: 'noop' } as const]) {
      const { submit, appended } = makeDoor({ ends: () => ending });
      const reply = await submit(request);
      expect(reply.status).toBe(200);
      expect(reply.json).toEqual({
        condition: 'delete',
        message: 'user profile deleted for user: ad|Mozilla-LDAP|ada',
        status: 200,
      });
      expect(appended).toEqual([
        {
          v: 1,
          kind: 'change',
          operation: 'delete',
          userId: 'ad|Mozilla-LDAP|ada',
          acceptedAt: '2026-01-01T00:00:00.000Z',
        },
      ]);
    }
  });

  it('says when it has not ended in time', async () => {
    const reply = await makeDoor().submit(request);
    expect(reply).toMatchObject({ status: 202, json: { condition: 'pending', sequence_number: '4961' } });
  });

  it.each(Object.keys(body))('needs %s in its body', async (name) => {
    const { submit, appended } = makeDoor();
    const { [name as 'uuid']: _, ...rest } = body;
    const reply = await submit({ ...request, body: rest });
    expect(reply).toMatchObject({ status: 400, json: { code: 'schema_invalid' } });
    expect(reply.json.description).toContain(name);
    expect(appended).toEqual([]);
  });

  it('refuses another user than the query names, and a batch', async () => {
    const { submit, appended } = makeDoor();
    const other = await submit({ ...request, query: { user_id: 'ad|bob' } });
    expect(other).toMatchObject({ status: 400, json: { code: 'integration_exception' } });
    expect((await submit({ ...request, body: [body] })).status).toBe(400);
    expect((await submit({ ...request, body: undefined })).status).toBe(400);
    expect(appended).toEqual([]);
  });

  it('is refused where the stage does not allow it, with a token or without', async () => {
    const { submit, appended } = makeDoor({ allowDelete: false });
    for (const one of [token, undefined]) {
      const reply = await submit({ ...request, token: one });
      expect(reply).toMatchObject({ status: 405, headers: { allow: 'POST, PUT, OPTIONS' } });
      expect(reply.json.description).toContain('allowDelete');
    }
    expect(appended).toEqual([]);
  });

  it('asks for the scope "write"', async () => {
    const { submit } = makeDoor();
    expect((await submit({ ...request, token: unsignedToken({ scope: 'read' }) })).status).toBe(403);
    expect((await submit({ ...request, token: undefined })).status).toBe(401);
  });
});
