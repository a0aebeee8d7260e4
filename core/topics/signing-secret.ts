/** Standard Webhooks: the key has 24 to 64 bytes. */
const FEWEST_BYTES = 24;
const MOST_BYTES = 64;
const MINTED_BYTES = 32;

/** @param random cryptographically random. */
export function mintSigningSecret(random: (count: number) => Uint8Array): string {
  return `whsec_${Buffer.from(random(MINTED_BYTES)).toString('base64')}`;
}

/** Whether the text is `whsec_` and the base64 of a key that is long enough. */
export function isSigningSecret(text: string): boolean {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1] ?? '';
  const key = Buffer.from(encoded, 'base64');
  return key.length >= FEWEST_BYTES && key.length <= MOST_BYTES && key.toString('base64') === encoded;
}
