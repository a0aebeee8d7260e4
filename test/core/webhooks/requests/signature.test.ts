import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  sign as edSign,
  verify as edVerify,
} from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { publicJwkOf, publicKeyOf } from '../../../../core/topics/credentials/ed25519-key';
import { mintSigningSecret } from '../../../../core/topics/credentials/signing-secret';
import { signWebhook, verifyWebhook } from '../../../../core/webhooks/requests/signature';

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

describe('v1a', () => {
  const privateKey = mintSigningSecret((count) => Buffer.alloc(count, 5), 'v1a');
  const publicKey = publicKeyOf(privateKey);
  const withKeys = (...secrets: string[]) => ({ secrets });

  /** By the words of Standard Webhooks alone: Ed25519 over id, timestamp and body, in base64. */
  function verifyPlainly(headers: Record<string, string>, content: Uint8Array, publicText: string): boolean {
    const x = Buffer.from(publicText.replace('whpk_', ''), 'base64').toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    const signature = Buffer.from(headers['webhook-signature']!.replace('v1a,', ''), 'base64');
    const signedText = `${headers['webhook-id']}.${headers['webhook-timestamp']}.`;
    return edVerify(null, Buffer.concat([Buffer.from(signedText), content]), key, signature);
  }

  it('signs as the standard says, which the public key alone verifies', () => {
    const headers = signed([privateKey]);
    expect(headers['webhook-signature']).toMatch(/^v1a,[A-Za-z0-9+/]{86}==$/);
    expect(verifyPlainly(headers, body, publicKey)).toBe(true);
    expect(verify(headers, withKeys(publicKey))).toMatchObject({ verified: true, id: 'evt_1' });
    expect(verify(headers, withKeys(privateKey))).toMatchObject({ verified: true });
  });

  it('verifies what another signs by the standard, with the halves together or the private one alone', () => {
    const seed = Buffer.alloc(32, 11);
    const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
    const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
    const content = Buffer.concat([Buffer.from(`evt_1.${nowSeconds}.`), body]);
    const headers = {
      'webhook-id': 'evt_1',
      'webhook-timestamp': `${nowSeconds}`,
      'webhook-signature': `v1,AAAA v1a,${edSign(null, content, key).toString('base64')}`,
    };
    const x = Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x!, 'base64url');
    const texts = [
      `whpk_${x.toString('base64')}`,
      `whsk_${seed.toString('base64')}`,
      `whsk_${Buffer.concat([seed, x]).toString('base64')}`,
    ];
    for (const text of texts) {
      expect(verify(headers, withKeys(text))).toMatchObject({ verified: true });
    }
  });

  it('agrees with RFC 8032 about the first of its vectors', () => {
    const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
    const publicHex = Buffer.from(publicKeyOf(`whsk_${seed.toString('base64')}`).slice(5), 'base64');
    expect(publicHex.toString('hex')).toBe(
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    );
  });

  it('names a key by its thumbprint (RFC 8037, A.3)', () => {
    const seed = Buffer.from('nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A', 'base64url');
    expect(publicJwkOf(`whsk_${seed.toString('base64')}`)).toMatchObject({
      x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
      kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
    });
  });

  it.each<[string, Record<string, string>, string[], string]>([
    [
      'another key',
      {},
      [publicKeyOf(mintSigningSecret((n) => Buffer.alloc(n, 6), 'v1a'))],
      'signature_mismatch',
    ],
    ['a shared secret', {}, [secret], 'no_v1_signature'],
    ['no key', {}, [], 'no_v1_signature'],
    ['a key that is none', {}, ['whpk_AAAA'], 'signature_mismatch'],
    ['an empty signature', { 'webhook-signature': 'v1a,' }, [publicKey], 'signature_mismatch'],
    ['a signature of v1 alone', { 'webhook-signature': 'v1,AAAA' }, [publicKey], 'no_v1_signature'],
    ['another id', { 'webhook-id': 'evt_2' }, [publicKey], 'signature_mismatch'],
    ['another time', { 'webhook-timestamp': `${nowSeconds - 1}` }, [publicKey], 'signature_mismatch'],
  ])('is refused with %s', (_, changes, secrets, reason) => {
    const headers = { ...signed([privateKey]), ...changes };
    expect(verify(headers, { secrets })).toMatchObject({ verified: false, reason });
  });

  it('never takes a public key for a shared secret', () => {
    const forged = signWebhook({
      id: 'evt_1',
      timestampSeconds: nowSeconds,
      body,
      secrets: [publicKey.replace('whpk_', 'whsec_')],
    });
    expect(verify({ ...forged }, withKeys(publicKey))).toMatchObject({ verified: false });
    const relabelled = { ...forged, 'webhook-signature': forged['webhook-signature'].replace('v1,', 'v1a,') };
    expect(verify(relabelled, withKeys(publicKey))).toMatchObject({ reason: 'signature_mismatch' });
    // Whoever knows the public key can compute an HMAC by it, in each way that its text can be read as a key.
    const content = Buffer.concat([Buffer.from(`evt_1.${nowSeconds}.`), body]);
    const keys = [publicKey, publicKey.slice(5)].flatMap((text) => [
      Buffer.from(text, 'base64'),
      Buffer.from(text),
    ]);
    for (const key of keys) {
      const mac = createHmac('sha256', key).update(content).digest('base64');
      const mixed = { ...forged, 'webhook-signature': `v1a,AAAA v1,${mac} v1a,${mac}` };
      expect(verify(mixed, withKeys(publicKey))).toMatchObject({ reason: 'signature_mismatch' });
    }
  });

  it('refuses a body that was changed by one byte anywhere', () => {
    const headers = signed([privateKey]);
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(body);
        changed[at] = changed[at]! ^ flip;
        expect(verify(headers, { body: changed, ...withKeys(publicKey) })).toMatchObject({ verified: false });
      }),
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
