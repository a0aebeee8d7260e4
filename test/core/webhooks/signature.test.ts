import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { signWebhook, verifyWebhook } from '../../../core/webhooks/signature';

const now = new Date('2026-11-20T10:00:00Z');
const nowSeconds = now.getTime() / 1000;
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const otherSecret = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;
const body = Buffer.from('{"type":"profile.created","data":{"name":"Zoë"}}');

function signed(secrets: string[] = [secret], timestampSeconds = nowSeconds) {
  return { ...signWebhook({ id: 'evt_1', timestampSeconds, body, secrets }) };
}

function verify(headers: Record<string, string | undefined>, changes: object = {}) {
  return verifyWebhook({ headers, body, secrets: [secret], nowSeconds, ...changes });
}

describe('signWebhook', () => {
  beforeAll(() => jest.useFakeTimers({ now }));
  afterAll(() => jest.useRealTimers());

  it('makes signatures that the reference library verifies', () => {
    expect(new Webhook(secret).verify(body, signed())).toEqual(JSON.parse(body.toString()));
  });

  it('signs with the old and the new secret during a rotation', () => {
    const headers = signed([secret, otherSecret]);
    expect(headers['webhook-signature'].split(' ')).toHaveLength(2);
    expect(() => new Webhook(secret).verify(body, headers)).not.toThrow();
    expect(() => new Webhook(otherSecret).verify(body, headers)).not.toThrow();
  });

  it('agrees with the reference library about every body', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.uint8Array({ minLength: 24, maxLength: 64 }),
        (text, key) => {
          const secrets = [`whsec_${Buffer.from(key).toString('base64')}`];
          const ours = signWebhook({
            id: 'evt_1',
            timestampSeconds: nowSeconds,
            body: Buffer.from(text),
            secrets,
          });
          const theirs = new Webhook(secrets[0]!).sign('evt_1', now, Buffer.from(text).toString());
          expect(ours['webhook-signature']).toBe(theirs);
        },
      ),
    );
  });
});

describe('verifyWebhook', () => {
  it('accepts what the reference library signs', () => {
    const headers = {
      'webhook-id': 'evt_1',
      'webhook-timestamp': `${nowSeconds}`,
      'webhook-signature': new Webhook(secret).sign('evt_1', now, body),
    };
    expect(verify(headers)).toEqual({ verified: true, id: 'evt_1', timestampSeconds: nowSeconds });
  });

  it.each([
    ['header_missing', { 'webhook-id': undefined }],
    ['header_missing', { 'webhook-signature': '' }],
    ['timestamp_invalid', { 'webhook-timestamp': 'yesterday' }],
    ['timestamp_invalid', { 'webhook-timestamp': '-1' }],
    ['timestamp_invalid', { 'webhook-timestamp': '1e9' }],
    ['no_v1_signature', { 'webhook-signature': 'v2,abc v1a,def' }],
    ['signature_mismatch', { 'webhook-signature': 'v1,' }],
    ['signature_mismatch', { 'webhook-signature': `v1,${'A'.repeat(43)}=` }],
    ['signature_mismatch', { 'webhook-id': 'evt_2' }],
    ['signature_mismatch', { 'webhook-timestamp': `${nowSeconds - 1}` }],
  ])('says %s for %j', (reason, changes) => {
    expect(verify({ ...signed(), ...changes })).toMatchObject({ verified: false, reason });
  });

  it('refuses another secret, and a body that was changed by one byte anywhere', () => {
    expect(verify(signed([otherSecret]))).toMatchObject({ reason: 'signature_mismatch' });
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(body);
        changed[at] = changed[at]! ^ flip;
        expect(verify(signed(), { body: changed })).toMatchObject({ reason: 'signature_mismatch' });
      }),
    );
  });

  it('refuses what is older or newer than the tolerance, and nothing at its edge', () => {
    expect(verify(signed([secret], nowSeconds - 301))).toMatchObject({ reason: 'timestamp_too_old' });
    expect(verify(signed([secret], nowSeconds + 301))).toMatchObject({ reason: 'timestamp_too_new' });
    expect(verify(signed([secret], nowSeconds - 300))).toMatchObject({ verified: true });
    expect(verify(signed([secret], nowSeconds + 300))).toMatchObject({ verified: true });
  });
});
