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

async function makeDoor(authenticate = makeAuthenticator(trustingEnvironment)) {
  const { statuses } = makeMemoryVault();
  for (const status of ended) {
    await statuses.record(status);
  }
  return openDoor({
    name: 'read-change-status',
    dialect: cisDialect,
    methods: ['GET'],
    wire: () => makeReadChangeStatus({ authenticate, statuses }),
  });
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
