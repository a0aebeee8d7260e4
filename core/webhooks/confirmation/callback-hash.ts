import { createHash } from 'node:crypto';

/** What is kept of the key that a target was handed with the address for its grant. */
export function callbackHash(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}
