import type { ChangeStatus } from '../../../core/change/change';
import { makeReadChangeStatus } from '../../../lambdas/change/read-change-status';
import { makeAuthenticator } from '../../../lambdas/shared/authenticate';
import { cisDialect } from '../../../lambdas/shared/cis-dialect';
import { openDoor } from '../../support/door';
import { makeMemoryVault } from '../../support/memory-vault';
import { makeTokenIssuer, trustingEnvironment, unsignedToken } from '../../support/tokens';

const times = { acceptedAt: '2026-01-01T00:00:00.000Z', endedAt: '2026-01-01T00:00:01.000Z' };
const ended: readonly ChangeStatus[] = [
  { sequenceNumber: '1', shardId: 's', state: 'integrated', condition: 'create', userId: 'ad|ada', ...times },
  { sequenceNumber: '2', shardId: 's', state: 'noop', userId: 'ad|ada', ...times },
  {
    sequenceNumber: '3',
    shardId: 's',
    state: 'rejected',
    code: 'invalid_publisher',
    text: '[update] ldap is NOT allowed to publish field last_name',
    userId: 'ad|ada',
    ...times,
  },
];

async function makeDoor(
  authenticate = makeAuthenticator(trustingEnvironment),
  atLook: (looks: number, record: (status: ChangeStatus) => Promise<unknown>) => unknown = () => undefined,
) {
  const { statuses } = makeMemoryVault();
  let now = 0;
  let looks = 0;
  for (const status of ended) {
    await statuses.record(status);
  }
  const read = openDoor({
    name: 'read-change-status',
    dialect: cisDialect,
    methods: ['GET'],
    wire: () =>
      makeReadChangeStatus({
        authenticate,
        statuses: {
          find: async (sequenceNumber) => {
            looks += 1;
            await atLook(looks, statuses.record);
            return statuses.find(sequenceNumber);
          },
        },
        now: () => now,
        pause: async (milliseconds) => {
          now += milliseconds;
        },
      }),
  });
  return Object.assign(read, { elapsed: () => now, looks: () => looks });
}

describe('GET /change/status', () => {
  it.each([
    ['1', { identity_vault: true, state: 'integrated' }],
    ['2', { identity_vault: true, state: 'noop' }],
    ['3', { identity_vault: false, state: 'rejected', code: 'invalid_publisher' }],
  ])('tells the outcome of %s to anybody, and no more', async (sequenceNumber, body) => {
    const read = await makeDoor();
    expect(await read({ query: { sequenceNumber } })).toMatchObject({ status: 200, json: body });
    expect((await read({ query: { sequenceNumber } })).json).toEqual(body);
  });

  it('answers exactly {"identity_vault": false} for what is unknown or pending', async () => {
    const read = await makeDoor();
    for (const token of [undefined, unsignedToken({ scope: 'write' })]) {
      const reply = await read({ query: { sequenceNumber: '9'.repeat(129) }, token });
      expect(reply).toMatchObject({ status: 200, text: '{"identity_vault":false}' });
    }
  });

  it('tells more to a good token, and the user to who may write', async () => {
    const read = await makeDoor();
    const query = { sequenceNumber: '3' };
    const known = {
      identity_vault: false,
      state: 'rejected',
      code: 'invalid_publisher',
      text: '[update] ldap is NOT allowed to publish field last_name',
      accepted_at: times.acceptedAt,
      ended_at: times.endedAt,
    };
    expect((await read({ query, token: unsignedToken({}) })).json).toEqual(known);
    const writer = unsignedToken({ scope: 'write' });
    expect((await read({ query, token: writer })).json).toEqual({ ...known, user_id: 'ad|ada' });
    const created = await read({ query: { sequenceNumber: '1' }, token: writer });
    expect(created.json.condition).toBe('create');
  });

  it('treats a bad token as none, because CIS’s clients send stale ones', async () => {
    const issuer = await makeTokenIssuer();
    const read = await makeDoor(makeAuthenticator(issuer.environment));
    const bad = [
      unsignedToken({ scope: 'write' }),
      unsignedToken({ scope: 'write' }, { alg: 'none' }),
      await issuer.token({ exp: 1 }),
      'x',
    ];
    for (const token of bad) {
      const reply = await read({ query: { sequenceNumber: '3' }, token });
      expect(reply.json).toEqual({ identity_vault: false, state: 'rejected', code: 'invalid_publisher' });
    }
  });

  it.each([
    [{}, 'parameter_missing'],
    [{ sequenceNumber: '' }, 'parameter_missing'],
    [{ sequence_number: '1' }, 'parameter_missing'],
    [{ sequenceNumber: 'abc' }, 'parameter_invalid'],
    [{ sequenceNumber: '1 OR 1=1' }, 'parameter_invalid'],
    [{ sequenceNumber: '-1' }, 'parameter_invalid'],
    [{ sequenceNumber: '1e3' }, 'parameter_invalid'],
    [{ sequenceNumber: '1\n' }, 'parameter_invalid'],
    [{ sequenceNumber: '١' }, 'parameter_invalid'],
    [{ sequenceNumber: '9'.repeat(130) }, 'parameter_invalid'],
  ])('refuses %j with JSON rather than a page', async (query, code) => {
    const read = await makeDoor();
    const reply = await read({ query: query as Record<string, string> });
    expect(reply.status).toBe(400);
    expect(reply.json).toEqual({ code, description: expect.stringContaining('sequenceNumber') });
  });

  it('answers GET alone', async () => {
    const read = await makeDoor();
    expect((await read({ method: 'POST' })).status).toBe(405);
  });
});

describe('waitSeconds', () => {
  const late = { ...(ended[0] as ChangeStatus), sequenceNumber: '4' };
  const token = unsignedToken({ scope: 'write' });
  const query = { sequenceNumber: '4', waitSeconds: '20' };

  it('answers as soon as the change has ended', async () => {
    const read = await makeDoor(undefined, (looks, record) => looks === 5 && record(late));
    const reply = await read({ query, token });
    expect(reply).toMatchObject({ status: 200, json: { identity_vault: true, state: 'integrated' } });
    expect(read.elapsed()).toBeLessThan(1000);
  });

  it('ends with the plain answer when the change has not', async () => {
    const read = await makeDoor();
    const reply = await read({ query: { sequenceNumber: '4', waitSeconds: '2.5' }, token });
    expect(reply.text).toBe('{"identity_vault":false}');
    expect(read.elapsed()).toBe(2500);
    expect((await read({ query, token })).status).toBe(200);
    expect(read.elapsed()).toBe(22_500);
    expect(read.looks()).toBeLessThan(70);
  });

  it('does not wait without it, nor for 0', async () => {
    const read = await makeDoor();
    await read({ query: { sequenceNumber: '4' }, token });
    await read({ query: { sequenceNumber: '4', waitSeconds: '0' } });
    expect([read.elapsed(), read.looks()]).toEqual([0, 2]);
  });

  it('needs a token, or anybody could hold functions', async () => {
    const read = await makeDoor();
    expect(await read({ query })).toMatchObject({
      status: 401,
      json: { code: 'authorization_header_missing' },
    });
    expect(read.looks()).toBe(0);
  });

  it.each(['21', '20.001', '-1', '1e1', 'Infinity', 'NaN', '', ' 1', '0x10', '1,5'])(
    'refuses to be %j',
    async (waitSeconds) => {
      const read = await makeDoor();
      const reply = await read({ query: { sequenceNumber: '4', waitSeconds }, token });
      expect(reply).toMatchObject({ status: 400, json: { code: 'parameter_invalid' } });
      expect(reply.json.description).toContain('20');
    },
  );
});
