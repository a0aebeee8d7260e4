import { createHash, timingSafeEqual } from 'node:crypto';

/** Compares in constant time. Digests have one length, and tell nothing of where the texts differ. */
export function isSameSecret(offered: string, expected: string): boolean {
  const [left, right] = [offered, expected].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(left as Buffer, right as Buffer);
}
