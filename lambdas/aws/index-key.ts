import { createHash } from 'node:crypto';

/** AWS refuses index keys over 2048 bytes (sort keys: 1024) and the emulator does not: stay well below. */
const MAX_INDEX_KEY_BYTES = 1024;

/**
 * A value as an index attribute: `undefined`, so that the attribute is left out, when it is null or empty (AWS
 * refuses both) or holds half a surrogate pair (no UTF-8, and nobody can ask for it in a URL); hashed when it
 * is long. A look-up must pass its value through here as well.
 */
export function indexKey(value: string | null | undefined): string | undefined {
  const bytes = Buffer.from(value ?? '');
  if (value === undefined || value === null || value === '' || bytes.toString() !== value) {
    return undefined;
  }
  if (bytes.length <= MAX_INDEX_KEY_BYTES) {
    return value;
  }
  return `sha256:${createHash('sha256').update(value).digest('hex')}`;
}

/** Whether an index attribute is (or looks like) a hash, so that the value itself is in the row alone. */
export function isHashedKey(key: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(key);
}
