import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { publicKeyOf } from '../../../../core/topics/credentials/ed25519-key';
import { mintSigningSecret } from '../../../../core/topics/credentials/signing-secret';
import { verifyWebhook } from '../../../../core/webhooks/requests/signature';
import { makeWebhookRequest } from '../../../../core/webhooks/requests/webhook-request';
import { makeReadWebhookKeys, webhookKeysMethods } from '../../../../lambdas/webhooks/read-webhook-keys';
import { WebhookVerifier } from '../../../../sdk/receiver';
import { anEvent } from '../../../support/deliveries';
import { openManageDoor } from '../../../support/manage-door';
import { openSubscriptions, type SubscriptionsStage } from '../../../support/subscriptions-door';

const HOUR = 3_600_000;
const event = anEvent({ topic: { door: 'manage', name: 'orders' } });
const shared = (byte: number) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`;
const privateKey = (byte: number) => mintSigningSecret((count) => Buffer.alloc(count, byte), 'v1a');

let stage: SubscriptionsStage;
beforeEach(async () => {
  stage = await openSubscriptions();
});

const rotate = (id: string, body?: object, headers = {}) =>
  stage.one('POST', id, { resource: '/v1/subscriptions/{id}/rotate-secret', body, headers });
const signedNow = (id: string) =>
  makeWebhookRequest(stage.subscriptions.subscriptions.get(id)!, event, new Date(stage.clock.now));
const verifies = (id: string, secret: string) => {
  const { headers, body } = signedNow(id);
  return verifyWebhook({ headers, body, secrets: [secret], nowSeconds: stage.clock.now / 1000 }).verified;
};

function readKeys(id: string) {
  const ports = { subscriptions: stage.subscriptions, now: () => stage.clock.now };
  const handler = makeReadWebhookKeys(ports);
  const door = openManageDoor('read-webhook-keys', webhookKeysMethods, handler, '');
  return door('GET', '/.well-known/webhooks/{id}/jwks.json', { parameters: { id }, scope: null });
}

describe('subscriptions that sign with v1a', () => {
  it('mint a key pair, and show the public half alone', async () => {
    const made = await stage.order({ signature: 'v1a' });
    expect(made).toMatchObject({
      status: 201,
      body: { signature: 'v1a', public_key: expect.stringMatching(/^whpk_/) },
    });
    const { id, public_key: publicKey } = made.body;
    expect(verifies(id, publicKey)).toBe(true);
    for (const answer of [made, await stage.one('GET', id), await rotate(id), await readKeys(id)]) {
      expect(answer.status).toBeLessThan(300);
      expect(answer.text).not.toMatch(/whsk_|"secret"|"d"/);
    }
  });

  it('take a private key of the caller, which says how it signs', async () => {
    const secret = privateKey(3);
    const made = await stage.order({ secret });
    expect(made.body).toMatchObject({ signature: 'v1a', public_key: publicKeyOf(secret) });
    expect(made.text).not.toContain(secret);
    const seed = `whsk_${Buffer.alloc(32, 3).toString('base64')}`;
    expect((await stage.order({ secret: seed })).body.public_key).toBe(publicKeyOf(secret));
  });

  it.each<[string, object]>([
    ['halves that do not belong together', { secret: `whsk_${Buffer.alloc(64, 1).toString('base64')}` }],
    ['33 bytes', { secret: `whsk_${Buffer.alloc(33).toString('base64')}` }],
    ['no bytes', { secret: 'whsk_' }],
    ['a public key', { secret: publicKeyOf(privateKey(1)) }],
    ['a shared secret for v1a', { secret: shared(1), signature: 'v1a' }],
    ['a private key for v1', { secret: privateKey(1), signature: 'v1' }],
    ['an unknown version', { signature: 'v2' }],
  ])('refuse %s, here and at a rotation', async (_, given) => {
    const refused = await stage.order(given);
    expect([refused.status, refused.body.code]).toEqual([400, 'body_invalid']);
    const { id } = (await stage.order()).body;
    expect((await rotate(id, given)).status).toBe(400);
    expect(refused.text).not.toMatch(/whsk_A|AQEB/);
  });
});

describe('rotate-secret', () => {
  it('shows the new secret once, and the old one signs beside it for a day', async () => {
    const made = (await stage.order()).body;
    const rotated = await rotate(made.id);
    expect(rotated).toMatchObject({
      status: 200,
      body: {
        signature: 'v1',
        secret: expect.stringMatching(/^whsec_/),
        old_secrets: [{ signature: 'v1', expires_at: '2026-11-21T12:00:00.000Z' }],
      },
    });
    const { secret } = rotated.body;
    expect(secret).not.toBe(made.secret);
    expect((await stage.one('GET', made.id)).text).not.toContain('whsec_');
    expect([verifies(made.id, made.secret), verifies(made.id, secret)]).toEqual([true, true]);
    stage.clock.now += 24 * HOUR;
    expect([verifies(made.id, made.secret), verifies(made.id, secret)]).toEqual([false, true]);
    expect((await stage.one('GET', made.id)).body).not.toHaveProperty('old_secrets');
  });

  it('signs both ways while it goes from v1 to v1a, and every library verifies its own', async () => {
    const made = (await stage.order()).body;
    const rotated = (await rotate(made.id, { signature: 'v1a' })).body;
    expect(rotated).toMatchObject({ signature: 'v1a', public_key: expect.stringMatching(/^whpk_/) });
    const { headers, body } = signedNow(made.id);
    expect(headers['webhook-signature']).toMatch(/^v1a,\S+ v1,\S+$/);
    jest.useFakeTimers({ now: stage.clock.now });
    for (const Webhook of [StandardWebhook, SvixWebhook]) {
      expect(new Webhook(made.secret).verify(Buffer.from(body), { ...headers })).toBeTruthy();
    }
    jest.useRealTimers();
    expect(verifies(made.id, rotated.public_key)).toBe(true);
    const now = () => stage.clock.now / 1000;
    for (const keys of [{ publicKeys: [rotated.public_key] }, { secrets: [made.secret] }]) {
      const verification = await new WebhookVerifier({ ...keys, now }).verify(headers, body);
      expect(verification).toMatchObject({ verified: true, id: 'evt_1' });
    }
    expect((await readKeys(made.id)).body.keys).toHaveLength(1);
  });

  it('keeps its kind where none is asked for, and publishes old and new keys until the overlap ends', async () => {
    const { id } = (await stage.order({ signature: 'v1a' })).body;
    const [old] = (await readKeys(id)).body.keys;
    expect((await rotate(id, { overlap_hours: 2 })).body.signature).toBe('v1a');
    const both = (await readKeys(id)).body.keys;
    expect(both).toHaveLength(2);
    expect(both[1]).toEqual(old);
    stage.clock.now += 2 * HOUR;
    expect((await readKeys(id)).body.keys).toEqual([both[0]]);
  });

  it('takes a secret of the caller, and lets the old ones go at once when asked to', async () => {
    const made = (await stage.order()).body;
    const rotated = await rotate(made.id, { secret: shared(9), overlap_hours: 0 });
    expect(rotated.body).toMatchObject({ secret: shared(9) });
    expect(rotated.body).not.toHaveProperty('old_secrets');
    expect(stage.subscriptions.subscriptions.get(made.id)?.secrets).toEqual([{ secret: shared(9) }]);
    expect(verifies(made.id, made.secret)).toBe(false);
  });

  it('refuses the secret that it has', async () => {
    const { id } = (await stage.order({ secret: shared(9) })).body;
    const refused = await rotate(id, { secret: shared(9) });
    expect([refused.status, refused.text]).toEqual([400, expect.not.stringContaining('whsec_')]);
  });

  it('never lets an old secret live longer than it was to', async () => {
    const made = (await stage.order()).body;
    await rotate(made.id, { overlap_hours: 1 });
    await rotate(made.id, { overlap_hours: 100 });
    stage.clock.now += HOUR;
    expect(verifies(made.id, made.secret)).toBe(false);
  });

  it('has at most five old secrets, and says until when', async () => {
    const { id } = (await stage.order()).body;
    for (let rotations = 0; rotations < 5; rotations += 1) {
      expect((await rotate(id, { overlap_hours: 168 - rotations })).status).toBe(200);
    }
    const before = stage.subscriptions.subscriptions.get(id);
    expect(before?.secrets).toHaveLength(6);
    const refused = await rotate(id);
    expect([refused.status, refused.body.code]).toEqual([409, 'conflict']);
    expect(refused.body.detail).toContain('2026-11-21');
    expect(stage.subscriptions.subscriptions.get(id)).toEqual(before);
    expect((await rotate(id, { overlap_hours: 0 })).status).toBe(200);
    expect(stage.subscriptions.subscriptions.get(id)?.secrets).toHaveLength(1);
  });

  it('loses neither of two rotations at the same moment without telling', async () => {
    const { id } = (await stage.order()).body;
    const answers = await Promise.all([rotate(id), rotate(id)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it.each<[string, object]>([
    ['a negative overlap', { overlap_hours: -1 }],
    ['an overlap of more than a week', { overlap_hours: 169 }],
    ['an unknown member', { grace: 1 }],
    ['a secret that is none', { secret: 'hunter2' }],
  ])('refuses %s', async (_, body) => {
    const { id } = (await stage.order()).body;
    expect((await rotate(id, body)).status).toBe(400);
  });

  it('is for the owner with the scope alone', async () => {
    const { id } = (await stage.order()).body;
    const resource = '/v1/subscriptions/{id}/rotate-secret';
    expect((await stage.one('POST', id, { resource, subject: 'mallory' })).status).toBe(404);
    expect((await stage.one('POST', id, { resource, scope: 'subscriptions:read' })).status).toBe(403);
    expect((await stage.one('GET', id, { resource })).status).toBe(405);
    await stage.one('DELETE', id);
    expect((await rotate(id)).status).toBe(404);
  });
});

describe('an Idempotency-Key', () => {
  const key = (text: string) => ({ 'Idempotency-Key': text });

  it('gets the same subscription with the same secret, marked as a replay', async () => {
    const first = await stage.order({ description: 'x' }, key('k1'));
    const again = await stage.order({ description: 'x' }, key('k1'));
    expect([first.status, first.headers['idempotent-replay']]).toEqual([201, undefined]);
    expect([again.status, again.headers['idempotent-replay']]).toEqual([201, 'true']);
    expect(again.body).toEqual(first.body);
    expect(again.headers.location).toBe(first.headers.location);
    expect(stage.subscriptions.subscriptions.size).toBe(1);
    expect(first.text + again.text).not.toMatch(/made_by|madeBy|k1/);
  });

  it('mints secrets that nobody can derive from it', async () => {
    const first = (await stage.order({}, key('k1'))).body;
    const elsewhere = await openSubscriptions(7);
    const second = (await elsewhere.order({}, key('k1'))).body;
    expect(second.id).toBe(first.id);
    expect(second.secret).not.toBe(first.secret);
  });

  it('belongs to its caller', async () => {
    const mine = await stage.order({}, key('k1'));
    const theirs = await stage.order({}, key('k1'), 'bob');
    expect(theirs.status).toBe(201);
    expect(theirs.body.id).not.toBe(mine.body.id);
  });

  it('makes one of two calls at the same moment, and both get its secret', async () => {
    const answers = await Promise.all([stage.order({}, key('k')), stage.order({}, key('k'))]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect(answers[0]!.body.secret).toBe(answers[1]!.body.secret);
    expect(stage.subscriptions.subscriptions.size).toBe(1);
  });

  it('refuses another body, naming the key', async () => {
    await stage.order({ description: 'x' }, key('k1'));
    const other = await stage.order({ description: 'y' }, key('k1'));
    expect([other.status, other.body.code, other.body.detail]).toEqual([
      409,
      'conflict',
      expect.stringContaining('"k1"'),
    ]);
    expect(stage.subscriptions.subscriptions.size).toBe(1);
  });

  it('does not make again what was deleted', async () => {
    const { id } = (await stage.order({}, key('k1'))).body;
    await stage.one('DELETE', id);
    const again = await stage.order({}, key('k1'));
    expect([again.status, again.body.detail]).toEqual([409, expect.stringContaining('deleted')]);
  });

  it('shows a subscription of the system again to who has the scope alone', async () => {
    const scope = 'subscriptions:write subscriptions:system';
    const body = { topic: 'profile.*', target: 'https://hooks.example/' };
    const call = { body, headers: key('k1') };
    expect((await stage.door('POST', '/v1/subscriptions', { ...call, scope })).status).toBe(201);
    expect((await stage.door('POST', '/v1/subscriptions', { ...call, scope })).status).toBe(201);
    expect((await stage.door('POST', '/v1/subscriptions', call)).status).toBe(403);
  });

  it('rotates once', async () => {
    const { id } = (await stage.order()).body;
    const first = await rotate(id, { overlap_hours: 1 }, key('r1'));
    const again = await rotate(id, { overlap_hours: 1 }, key('r1'));
    expect([first.status, first.headers['idempotent-replay']]).toEqual([200, undefined]);
    expect([again.status, again.headers['idempotent-replay']]).toEqual([200, 'true']);
    expect(again.body.secret).toBe(first.body.secret);
    expect(stage.subscriptions.subscriptions.get(id)?.secrets).toHaveLength(2);
    expect((await rotate(id, { overlap_hours: 2 }, key('r1'))).status).toBe(409);
    expect((await rotate(id, { overlap_hours: 1 }, key('r2'))).body.secret).not.toBe(first.body.secret);
    const late = await rotate(id, { overlap_hours: 1 }, key('r1'));
    expect(late.body.secret).toBe(first.body.secret);
  });

  it('may be used for each operation once', async () => {
    const made = await stage.order({}, key('k1'));
    expect((await rotate(made.body.id, {}, key('k1'))).status).toBe(200);
  });

  it.each(['', ' ', 'a b', 'é', 'x'.repeat(256), 'a\tb'])('is refused when it is %j', async (text) => {
    const answer = await stage.order({}, key(text));
    expect([answer.status, answer.body.code]).toEqual([400, 'parameter_invalid']);
    expect(stage.subscriptions.subscriptions.size).toBe(0);
  });

  it('has up to 255 visible characters', async () => {
    expect((await stage.order({}, key('!~'.repeat(127).concat('x')))).status).toBe(201);
  });
});
