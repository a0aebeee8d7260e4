import { decodeBase64 } from './base64';
import { importEd25519Key, importHmacKey, type SubtlePrimitives } from './web-crypto';

/** A key that webhooks are verified with. */
export interface WebhookKey {
  readonly version: 'v1' | 'v1a';
  matches(signature: Uint8Array<ArrayBuffer>, signed: Uint8Array<ArrayBuffer>): Promise<boolean>;
}

/** Standard Webhooks asks for 24 to 64 bytes; a shorter secret than 16 can be guessed, whoever issued it. */
const SECRET_BYTES = { least: 16, most: 64 };

/** HMAC-SHA256. @param secret `whsec_` and base64. @throws TypeError that does not show it. */
export function secretKey(secret: string, subtle: SubtlePrimitives): WebhookKey {
  const bytes = decodeBase64(secret.replace(/^whsec_/, ''));
  if (!bytes || bytes.length < SECRET_BYTES.least || bytes.length > SECRET_BYTES.most) {
    throw new TypeError(
      `a secret is whsec_ and base64 of ${SECRET_BYTES.least} to ${SECRET_BYTES.most} bytes`,
    );
  }
  const key = importHmacKey(subtle, bytes);
  return {
    version: 'v1',
    matches: async (signature, signed) => subtle.verify('HMAC', await key, signature, signed),
  };
}

/** Ed25519. @param publicKey `whpk_` and base64 of 32 bytes. @throws TypeError */
export function publicKey(publicKey: string, subtle: SubtlePrimitives): WebhookKey {
  const bytes = publicKey.startsWith('whpk_') ? decodeBase64(publicKey.slice('whpk_'.length)) : undefined;
  if (bytes?.length !== 32) {
    throw new TypeError('a public key is whpk_ and base64 of 32 bytes');
  }
  const key = importEd25519Key(subtle, bytes);
  // Where the runtime has no Ed25519, it is the verification that fails, not the process.
  key.catch(() => {});
  return {
    version: 'v1a',
    matches: async (signature, signed) => subtle.verify('Ed25519', await key, signature, signed),
  };
}
