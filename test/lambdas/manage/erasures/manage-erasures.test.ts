import { randomBytes } from 'node:crypto';
import { subjectDigest, type WorkingErasure } from '../../../../core/erasure/erasure';
import { erasureMethods, makeManageErasures } from '../../../../lambdas/manage/erasures/manage-erasures';
import { authenticate, openManageDoor } from '../../../support/manage-door';
import { makeMemoryErasureStore } from '../../../support/memory-erasure';

const subject = 'ad|Mozilla-LDAP|ada';

function open() {
  const erasures = makeMemoryErasureStore();
  const now = () => new Date('2026-11-20T10:00:00.000Z');
  const handler = makeManageErasures({ erasures, authenticate, random: randomBytes, now });
  return { erasures, call: openManageDoor('manage-erasures', erasureMethods, handler, 'erase') };
}

const byId = (id: string) => ({ resource: '/v1/erasures/{id}', parameters: { id } });

describe('manage-erasures', () => {
  it('takes an erasure on, and never says whom it is about', async () => {
    const { call, erasures } = open();
    const { status, body, text } = await call('POST', '/v1/erasures', { body: { subject } });
    expect(status).toBe(202);
    expect(body).toMatchObject({
      id: expect.stringMatching(/^era_[\w-]{24}$/),
      state: 'working',
      subject_sha256: subjectDigest(subject),
      requested_at: '2026-11-20T10:00:00.000Z',
      pass: 1,
      step: 'profiles',
      erased: { profiles: 0, change_statuses: 0, events: 0, deliveries: 0, unprocessable_records: 0 },
    });
    expect(text).not.toContain('ada');
    expect(erasures.rows.get(body.id)).toMatchObject({ subject, state: 'working' });
    const shown = await call('GET', `/v1/erasures/${body.id}`, byId(body.id));
    expect(shown).toMatchObject({ status: 200, body });
  });

  it('shows the receipt of a completed erasure', async () => {
    const { call, erasures } = open();
    const id = `era_${'x'.repeat(24)}`;
    const counts = { profiles: 1, changeStatuses: 2, events: 3, deliveries: 4, unprocessableRecords: 0 };
    const receipt = [{ store: 'profiles', erased: 1, remains: 'a mark', until: '2026-11-28T10:00:00.000Z' }];
    await erasures.write({
      id,
      state: 'completed',
      subjectSha256: subjectDigest(subject),
      requestedAt: '2026-11-20T10:00:00.000Z',
      completedAt: '2026-11-20T10:08:00.000Z',
      counts,
      receipt,
      version: 1,
    });
    const { status, body } = await call('GET', `/v1/erasures/${id}`, byId(id));
    expect(status).toBe(200);
    expect(body).toMatchObject({ state: 'completed', completed_at: '2026-11-20T10:08:00.000Z', receipt });
    expect(body).not.toHaveProperty('step');
  });

  it.each([
    ['no subject', {}, /subject/],
    ['an empty subject', { subject: '' }, /subject/],
    ['a subject that is no text', { subject: 7 }, /subject/],
    ['half a character', { subject: 'a\ud800' }, /whole characters/],
    ['more bytes than a subject has', { subject: 'ü'.repeat(1025) }, /2048 bytes/],
    ['a field that is not known', { subject, dry_run: true }, /dry_run/],
    ['no JSON', 'subject', /JSON/],
  ])('refuses %s, and keeps nothing', async (_, body, says) => {
    const { call, erasures } = open();
    const answer = await call('POST', '/v1/erasures', { body });
    expect(answer.status).toBe(400);
    expect(answer.text).toMatch(says);
    expect(erasures.rows.size).toBe(0);
  });

  it('takes on one erasure for an Idempotency-Key, however often it is asked, also when it is completed', async () => {
    const { call, erasures } = open();
    const headers = { 'Idempotency-Key': 'erase-ada' };
    const ask = (more: object = {}) => call('POST', '/v1/erasures', { body: { subject }, headers, ...more });
    const first = await ask();
    expect(first.headers).not.toHaveProperty('idempotent-replay');
    const again = await ask();
    expect(again).toMatchObject({ status: 202, body: first.body, headers: { 'idempotent-replay': 'true' } });
    const { subject: _, state: __, ...row } = (await erasures.read(first.body.id)) as WorkingErasure;
    const completedAt = '2026-11-20T10:08:00.000Z';
    await erasures.write({ ...row, state: 'completed', completedAt, receipt: [], version: 2 });
    expect((await ask()).body).toMatchObject({ id: first.body.id, state: 'completed' });
    const another = await ask({ body: { subject: 'somebody else' } });
    expect(another).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(erasures.rows.size).toBe(1);
    expect((await ask({ subject: 'bob' })).body.id).not.toBe(first.body.id);
    expect((await ask({ headers: {} })).body.id).not.toBe((await ask({ headers: {} })).body.id);
  });

  it.each(['', 'x'.repeat(256), 'two words'])('refuses the Idempotency-Key %j', async (key) => {
    const { call, erasures } = open();
    const answer = await call('POST', '/v1/erasures', {
      body: { subject },
      headers: { 'Idempotency-Key': key },
    });
    expect(answer).toMatchObject({ status: 400, body: { code: 'parameter_invalid' } });
    expect(erasures.rows.size).toBe(0);
  });

  it('asks for the scope, and for a token', async () => {
    const { call, erasures } = open();
    const scope = 'write display:all subscriptions:system events:write accounts:write';
    expect((await call('POST', '/v1/erasures', { body: { subject }, scope })).status).toBe(403);
    expect((await call('POST', '/v1/erasures', { body: { subject }, scope: null })).status).toBe(401);
    expect((await call('GET', '/v1/erasures/x', { ...byId('x'), scope })).status).toBe(403);
    expect(erasures.rows.size).toBe(0);
  });

  it.each(['era_unknown', `era_${'y'.repeat(24)}`, '../x'])('answers 404 for %s', async (id) => {
    const { call } = open();
    expect((await call('GET', `/v1/erasures/${id}`, byId(id))).status).toBe(404);
  });

  it('refuses other methods', async () => {
    const { call } = open();
    expect((await call('GET', '/v1/erasures')).status).toBe(405);
    expect((await call('DELETE', '/v1/erasures/x', byId('x'))).status).toBe(405);
  });
});
