import { createHash } from 'node:crypto';
import type { Credential } from './account';

/** Nobody guesses one: 256 bits. */
const KEY_BYTES = 32;

/** `cwk_` and 43 characters of base64url. @param random cryptographically random. */
export function mintApiKey(random: (count: number) => Uint8Array): string {
  return `cwk_${Buffer.from(random(KEY_BYTES)).toString('base64url')}`;
}

const API_KEY = /^cwk_[\w-]{43}$/;
const ACCESS_TOKEN = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Whether a text has the form of an API key or of an access token, so that it is worth looking up. */
export function isAccountSecret(text: string): boolean {
  return API_KEY.test(text) || ACCESS_TOKEN.test(text);
}

/** An API key, which somebody with the scope made; an access token is what registering gives. */
export function isApiKey(secret: string): boolean {
  return API_KEY.test(secret);
}

/** Secrets are kept as this: they are random, so a fast hash gives nothing away. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** @param now epoch milliseconds. */
export function isGood({ expiresAt, isBlocked }: Credential, now: number): boolean {
  return !isBlocked && (expiresAt === undefined || Date.parse(expiresAt) > now);
}
