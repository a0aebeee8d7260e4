import type { ChangeRecord } from '../../../core/change/change';
import { handler, makeSubmitChange } from '../../../lambdas/change/submit-change';
import { makeAuthenticator } from '../../../lambdas/shared/authenticate';
import { cisDialect } from '../../../lambdas/shared/cis-dialect';
import { openDoor } from '../../support/door';
import { profileWith } from '../../support/stored-profile';
import { makeTokenIssuer, trustingEnvironment, unsignedToken } from '../../support/tokens';

const token = unsignedToken({ scope: 'write' });
const ada = profileWith({ user_id: 'ad|Mozilla-LDAP|ada', first_name: 'Ada' });

function makeDoor(options: { fails?: boolean; authenticate?: ReturnType<typeof makeAuthenticator> } = {}) {
  const appended: ChangeRecord[] = [];
  const submit = openDoor({
    name: 'submit-change',
    dialect: cisDialect,
    methods: ['POST'],
    wire: () =>
      makeSubmitChange({
        authenticate: options.authenticate ?? makeAuthenticator(trustingEnvironment),
        stream: {
          append: async (record) => {
            if (options.fails) {
              throw new Error('the stream arn:aws:kinesis:eu-central-1:1:stream/secret is away');
            }
            appended.push(record);
            return { sequenceNumber: '4961', shardId: 'shardId-000000000000' };
          },
        },
        clock: () => new Date('2026-01-01T00:00:00Z'),
      }),
  });
  return { submit, appended };
}

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
    expect(appended.map(({ profile }) => profile)).toEqual([ada, partial, ada]);
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
    ['[]', 400, 'body_invalid'],
    [[ada], 400, 'body_invalid'],
    [JSON.stringify(JSON.stringify([ada])), 400, 'body_invalid'],
  ])('refuses a body that is no profile: %s', async (body, status, code) => {
    const { submit, appended } = makeDoor();
    const reply = await submit({ token, body });
    expect(reply).toMatchObject({ status, json: { code, description: expect.any(String) } });
    expect(Object.keys(reply.json)).toEqual(['code', 'description']);
    expect(appended).toEqual([]);
  });

  it('says where a batch belongs', async () => {
    const { submit } = makeDoor();
    expect((await submit({ token, body: [ada] })).json.description).toContain('/changes');
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

  it.each(['GET', 'PUT', 'DELETE', 'PATCH'])('does not answer %s', async (method) => {
    const { submit } = makeDoor();
    const reply = await submit({ method, token, body: ada });
    expect(reply).toMatchObject({ status: 405, headers: { allow: 'POST, OPTIONS' } });
    expect(reply.json.code).toBe('method_not_allowed');
  });

  it('is wired at the first request only', () => {
    expect(handler).toBeInstanceOf(Function);
  });
});
