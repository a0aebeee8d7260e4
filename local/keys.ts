import { createHash, createPublicKey, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readKeptFile } from './read-kept-file';
import { writePrivately } from './write-privately';

/** Who signs profile attributes on this machine; the stack itself makes the key of `cis`. */
export const publishers = ['access_provider', 'ldap', 'hris', 'mozilliansorg'] as const;

export interface PublicJwk {
  readonly kty: string;
  readonly n: string;
  readonly e: string;
  readonly alg: 'RS256';
  readonly use: 'sig';
  readonly kid: string;
}

/** `{publisher: {keys: [JWK]}}` */
export type PublishersJwks = Readonly<Record<string, { readonly keys: readonly PublicJwk[] }>>;

/** What lies in the keys' folder. The private keys are there so that examples can sign. */
export interface LocalKeys {
  readonly directory: string;
  readonly publishersJwksPath: string;
  readonly issuerJwksPath: string;
  /** The tokens that ADS's users send; see `tokens.json`. */
  readonly tokens: Readonly<Record<'registration_token' | 'trigger_token', string>>;
}

const RSA_BITS = 2048;

/**
 * Generates the keys of the publishers and of the token issuer, and the tokens, once: what is there stays.
 * Private files can be read by their owner alone.
 */
export async function prepareKeys(directory: string): Promise<LocalKeys> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const [issuer, ...publisherKeys] = await Promise.all(
    ['issuer', ...publishers].map((name) => prepareKey(directory, name)),
  );
  const known = readPublishersJwks(directory);
  const own = publishers.map((name, index) => [name, { keys: [publisherKeys[index]] }] as const);
  writePrivately(publishersJwksPath(directory), json({ ...known, ...Object.fromEntries(own) }));
  writePrivately(join(directory, 'issuer-jwks.json'), json({ keys: [issuer] }));
  return {
    directory,
    publishersJwksPath: publishersJwksPath(directory),
    issuerJwksPath: join(directory, 'issuer-jwks.json'),
    tokens: prepareTokens(directory),
  };
}

/** The publishers' public keys, as far as they exist. */
export function readPublishersJwks(directory: string): PublishersJwks {
  const path = publishersJwksPath(directory);
  return existsSync(path) ? readKeptFile(path, JSON.parse) : {};
}

/** Adds or replaces the public key of one publisher. */
export function addPublisherJwk(directory: string, publisher: string, jwk: PublicJwk): PublishersJwks {
  const jwks = { ...readPublishersJwks(directory), [publisher]: { keys: [jwk] } };
  writePrivately(publishersJwksPath(directory), json(jwks));
  return jwks;
}

/** Where the private key of a publisher, or of the `issuer`, lies. */
export function privateKeyPath(directory: string, name: string): string {
  return join(directory, `${name}.private.pem`);
}

/** The public JWK of an RSA key; its `kid` follows from the key, so a new key is never taken for an old one. */
export function publicJwkOf(publicKey: KeyObject, name: string): PublicJwk {
  const { kty = '', n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const kid = `${name}-${createHash('sha256').update(n).digest('hex').slice(0, 8)}`;
  return { kty, n, e, alg: 'RS256', use: 'sig', kid };
}

async function prepareKey(directory: string, name: string): Promise<PublicJwk> {
  const path = privateKeyPath(directory, name);
  if (!existsSync(path)) {
    const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: RSA_BITS });
    writePrivately(path, privateKey.export({ format: 'pem', type: 'pkcs8' }) as string);
  }
  return publicJwkOf(readKeptFile(path, createPublicKey), name);
}

function prepareTokens(directory: string): LocalKeys['tokens'] {
  const path = join(directory, 'tokens.json');
  if (!existsSync(path)) {
    writePrivately(path, json({ registration_token: randomToken(), trigger_token: randomToken() }));
  }
  return readKeptFile(path, JSON.parse);
}

function randomToken(): string {
  return randomBytes(24).toString('base64url');
}

function publishersJwksPath(directory: string): string {
  return join(directory, 'publishers-jwks.json');
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
