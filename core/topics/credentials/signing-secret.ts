import { mintEd25519Secret, readEd25519Secret } from './ed25519-key';

/** `v1`: HMAC-SHA256 by a secret that both sides know; `v1a`: Ed25519, of which receivers know the public half. */
export const signatureVersions = ['v1', 'v1a'] as const;
export type SignatureVersion = (typeof signatureVersions)[number];

/** Standard Webhooks: the key has 24 to 64 bytes. */
const FEWEST_BYTES = 24;
const MOST_BYTES = 64;
const MINTED_BYTES = 32;

/** @param random cryptographically random. */
export function mintSigningSecret(
  random: (count: number) => Uint8Array,
  version: SignatureVersion = 'v1',
): string {
  return version === 'v1a'
    ? mintEd25519Secret(random)
    : `whsec_${Buffer.from(random(MINTED_BYTES)).toString('base64')}`;
}

/** How a secret signs. */
export function versionOf(secret: string): SignatureVersion {
  return secret.startsWith('whsk_') ? 'v1a' : 'v1';
}

/** Whether the text is `whsec_` and the base64 of a key that is long enough, or `whsk_` and that of a private key. */
export function isSigningSecret(text: string): boolean {
  return versionOf(text) === 'v1a' ? readEd25519Secret(text) !== undefined : isSharedSecret(text);
}

function isSharedSecret(text: string): boolean {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1] ?? '';
  const key = Buffer.from(encoded, 'base64');
  return key.length >= FEWEST_BYTES && key.length <= MOST_BYTES && key.toString('base64') === encoded;
}
