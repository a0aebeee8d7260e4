import { createHash } from 'node:crypto';

/** Of base64url: 144 bits, which nothing meets by chance. */
const DIGEST_CHARACTERS = 24;

/**
 * The id of what follows from something else: the same parts give the same id, so that a repeated step finds its
 * earlier self (design: law 4). Ids are in stores and with subscribers; the form never changes.
 */
export function derivedId(
  prefix: 'evt' | 'dlv' | 'acc' | 'key' | 'era',
  ...parts: readonly (string | number)[]
): string {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest();
  return `${prefix}_${digest.toString('base64url').slice(0, DIGEST_CHARACTERS)}`;
}
