import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { type PublisherName, publisherNames } from './profile';

/** The public keys of each publisher, prepared once: making a key object costs more than a verification. */
export type PublisherKeys = ReadonlyMap<string, readonly KeyObject[]>;

/** A private RSA key that signs attributes. */
export type SigningKey = KeyObject;

/** RFC 7518, section 3.3: RS256 needs keys of this size at least. */
const MIN_MODULUS_BITS = 2048;

/**
 * Reads the publishers' keys as the well-known document has them: `{ ldap: { keys: [JWK, …] }, … }`.
 * @throws Error naming the publisher and what is wrong with its key: the configuration is at fault.
 */
export function parsePublisherKeys(jwksByPublisher: unknown): PublisherKeys {
  if (!isObject(jwksByPublisher)) {
    throw new Error('publishers_jwks must be an object such as {"ldap": {"keys": [JWK]}}');
  }
  return new Map(
    Object.entries(jwksByPublisher).map(([name, jwks]) => {
      if (!publisherNames.includes(name as PublisherName)) {
        throw new Error(`publishers_jwks names "${name}"; publishers are ${publisherNames.join(', ')}`);
      }
      if (!isObject(jwks) || !Array.isArray(jwks.keys)) {
        throw new Error(`publishers_jwks.${name} must be an object with a list "keys"`);
      }
      return [name, jwks.keys.map((jwk, index) => parsePublicKey(jwk, `${name}.keys[${index}]`))];
    }),
  );
}

/**
 * Reads a private RSA key: PEM (PKCS#1 or PKCS#8) or a JWK as JSON text.
 * @throws Error that says what is wrong and holds nothing of the key.
 */
export function parseSigningKey(pemOrJwk: string): SigningKey {
  const text = pemOrJwk.trim();
  let key: KeyObject;
  try {
    key = text.startsWith('{')
      ? createPrivateKey({ key: JSON.parse(text), format: 'jwk' })
      : createPrivateKey(text);
  } catch {
    throw new Error(
      'the signing key is not readable as a private key: give PEM (PKCS#1 or PKCS#8) or a private JWK',
    );
  }
  return requireRsa(key, 'the signing key');
}

/** The public half of a key that somebody signs with, as it is published. */
export interface PublisherJwk {
  readonly kty: 'RSA';
  readonly alg: 'RS256';
  readonly use: 'sig';
  readonly kid: string;
  readonly n: string;
  readonly e: string;
}

/** Its `kid` follows from the key, so that a new key is never taken for an old one. */
export function publisherJwkOf(name: PublisherName, key: SigningKey): PublisherJwk {
  const { n = '', e = '' } = createPublicKey(key).export({ format: 'jwk' });
  const kid = `${name}-${createHash('sha256').update(n).digest('hex').slice(0, 8)}`;
  return { kty: 'RSA', alg: 'RS256', use: 'sig', kid, n, e };
}

/**
 * Publishers' keys with one more. Those that the publisher had stay: what they signed is still to be verified.
 * @param jwksByPublisher as {@link parsePublisherKeys} takes them.
 * @returns the argument itself when the key is there already.
 */
export function withPublisherKey(jwksByPublisher: unknown, name: PublisherName, jwk: PublisherJwk): unknown {
  parsePublisherKeys(jwksByPublisher);
  const known = jwksByPublisher as Readonly<Record<string, { readonly keys: readonly { n?: unknown }[] }>>;
  const keys = Object.hasOwn(known, name) ? (known[name]?.keys ?? []) : [];
  return keys.some(({ n }) => n === jwk.n) ? known : { ...known, [name]: { keys: [...keys, jwk] } };
}

function parsePublicKey(jwk: unknown, where: string): KeyObject {
  if (!isObject(jwk) || jwk.kty !== 'RSA' || typeof jwk.n !== 'string' || typeof jwk.e !== 'string') {
    throw new Error(`publishers_jwks.${where} must be an RSA key with n and e`);
  }
  let key: KeyObject;
  try {
    // Only these members: a private key given by mistake is not kept.
    key = createPublicKey({ key: { kty: 'RSA', n: jwk.n, e: jwk.e }, format: 'jwk' });
  } catch {
    throw new Error(`publishers_jwks.${where} is not readable as an RSA key`);
  }
  return requireRsa(key, `publishers_jwks.${where}`);
}

function requireRsa(key: KeyObject, what: string): KeyObject {
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== 'rsa' || bits < MIN_MODULUS_BITS) {
    throw new Error(`${what} must be an RSA key of ${MIN_MODULUS_BITS} bits or more`);
  }
  return key;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
