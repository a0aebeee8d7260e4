import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

const SECRET = 'whsk_';
const PUBLIC = 'whpk_';
const HALF_BYTES = 32;

/** RFC 8410: what stands before the bytes of a private and of a public key in DER. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** A public key as a JWK (RFC 8037); `kid` is its thumbprint (RFC 7638), the same wherever it is published. */
export interface Ed25519Jwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'EdDSA';
}

/** A new private key in the form of Standard Webhooks. @param random cryptographically random. */
export function mintEd25519Secret(random: (count: number) => Uint8Array): string {
  const seed = Buffer.from(random(HALF_BYTES));
  return `${SECRET}${Buffer.concat([seed, publicBytes(toPrivateKey(seed))]).toString('base64')}`;
}

/**
 * The key of a `whsk_` text: base64 of the private half and the public one (64 bytes), or of the private one
 * alone (32), because the standard leaves it open: docs/decisions/031-ed25519-secrets.md.
 * @returns `undefined` for a text that is none, or whose halves do not belong together.
 */
export function readEd25519Secret(text: string): KeyObject | undefined {
  const bytes = readBase64(text, SECRET);
  if (bytes?.length !== HALF_BYTES && bytes?.length !== 2 * HALF_BYTES) {
    return undefined;
  }
  const key = toPrivateKey(bytes.subarray(0, HALF_BYTES));
  const publicHalf = bytes.subarray(HALF_BYTES);
  return publicHalf.length === 0 || publicHalf.equals(publicBytes(key)) ? key : undefined;
}

/** The key of a `whpk_` text; `undefined` for a text that is none. */
export function readEd25519Public(text: string): KeyObject | undefined {
  const bytes = readBase64(text, PUBLIC);
  return bytes?.length === HALF_BYTES ? toPublicKey(bytes) : undefined;
}

/** The `whpk_` text that belongs to a `whsk_` text. */
export function publicKeyOf(secret: string): string {
  return `${PUBLIC}${publicBytes(privateKeyOf(secret)).toString('base64')}`;
}

/** The public half of a `whsk_` text for a JWKS. */
export function publicJwkOf(secret: string): Ed25519Jwk {
  const x = publicBytes(privateKeyOf(secret)).toString('base64url');
  const members = { crv: 'Ed25519', kty: 'OKP', x } as const;
  // The thumbprint is over exactly these members in the order of their names.
  const kid = createHash('sha256').update(JSON.stringify(members)).digest('base64url');
  return { ...members, kid, use: 'sig', alg: 'EdDSA' };
}

/** The key of a `whsk_` text that {@link readEd25519Secret} took before; its halves are not compared again. */
export function privateKeyOf(secret: string): KeyObject {
  const bytes = readBase64(secret, SECRET);
  if (bytes === undefined || bytes.length < HALF_BYTES) {
    throw new Error('a signing secret of a subscription is no Ed25519 key');
  }
  return toPrivateKey(bytes.subarray(0, HALF_BYTES));
}

function toPrivateKey(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
}

function toPublicKey(bytes: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI, bytes]), format: 'der', type: 'spki' });
}

function publicBytes(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(SPKI.length);
}

function readBase64(text: string, prefix: string): Buffer | undefined {
  const encoded = text.startsWith(prefix) ? text.slice(prefix.length) : '';
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.toString('base64') === encoded ? bytes : undefined;
}
