import { generateKeyPairSync } from 'node:crypto';
import { parsePublisherKeys, parseSigningKey } from '../../../core/person/keys';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = publicKey.export({ format: 'jwk' });

describe('parsePublisherKeys', () => {
  it.each<[string, unknown, string]>([
    ['no object', null, 'must be an object'],
    ['a list', [], 'must be an object'],
    ['an unknown publisher', { lpad: { keys: [] } }, '"lpad"'],
    ['no list of keys', { ldap: { keys: {} } }, 'publishers_jwks.ldap'],
    ['an elliptic key', { ldap: { keys: [elliptic.publicKey.export({ format: 'jwk' })] } }, 'ldap.keys[0]'],
    ['a short key', { ldap: { keys: [jwk, short.publicKey.export({ format: 'jwk' })] } }, 'ldap.keys[1]'],
    ['half a key', { hris: { keys: [{ kty: 'RSA', n: jwk.n }] } }, 'hris.keys[0]'],
    ['a symmetric key', { hris: { keys: [{ kty: 'oct', k: 'AAAA' }] } }, 'hris.keys[0]'],
  ])('refuses %s and says where', (_, jwks, text) => {
    expect(() => parsePublisherKeys(jwks)).toThrow(text);
  });

  it('keeps only the public half of a private key given by mistake', () => {
    const keys = parsePublisherKeys({ ldap: { keys: [privateKey.export({ format: 'jwk' })] } });
    expect(keys.get('ldap')?.map((key) => key.type)).toEqual(['public']);
  });

  it('knows nobody under the names that objects inherit', () => {
    const keys = parsePublisherKeys({ ldap: { keys: [{ ...jwk, kid: 'k', use: 'sig', x5c: ['AAAA'] }] } });
    expect(keys.get('ldap')).toHaveLength(1);
    expect(keys.get('constructor')).toBeUndefined();
  });
});

describe('parseSigningKey', () => {
  it.each([
    ['PKCS#1', privateKey.export({ type: 'pkcs1', format: 'pem' }) as string],
    ['PKCS#8', privateKey.export({ type: 'pkcs8', format: 'pem' }) as string],
    ['JWK', JSON.stringify(privateKey.export({ format: 'jwk' }))],
    ['JWK with space around it', `\n ${JSON.stringify(privateKey.export({ format: 'jwk' }))}\n`],
  ])('reads %s', (_, text) => {
    expect(parseSigningKey(text).export({ type: 'pkcs1', format: 'pem' })).toBe(
      privateKey.export({ type: 'pkcs1', format: 'pem' }),
    );
  });

  it.each([
    ['a public key', publicKey.export({ type: 'spki', format: 'pem' }) as string],
    ['a public JWK', JSON.stringify(jwk)],
    ['a short key', short.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string],
    ['an elliptic key', elliptic.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string],
    ['half a JSON', '{"kty":"RSA"'],
    ['nothing', ''],
    ['a secret that is no key', 'hunter2-hunter2'],
  ])('refuses %s, and tells nothing of it', (_, text) => {
    expect(() => parseSigningKey(text)).toThrow(/signing key/);
    expect(() => parseSigningKey(text)).not.toThrow(/hunter2|BEGIN/);
  });
});
