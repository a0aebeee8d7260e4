import { createHash } from 'node:crypto';

/** AWS refuses index keys over 2048 bytes (sort keys: 1024) and the emulator does not: stay well below. */
const MAX_INDEX_KEY_BYTES = 1024;

/**
 * A value as an index attribute: `undefined`, so that the attribute is left out, when it is null or empty (AWS
 * refuses both); hashed when it is long. A look-up must pass its value through here as well.
 */
export function indexKey(value: string | null | undefined): string | undefined {
  if (value === undefined || value === null || value === '') {
    return undefined;
  }
  if (Buffer.byteLength(value) <= MAX_INDEX_KEY_BYTES) {
    return value;
  }
  return `sha256:${createHash('sha256').update(value).digest('hex')}`;
}
