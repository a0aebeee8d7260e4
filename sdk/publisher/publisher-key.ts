import { readFile } from 'node:fs/promises';
import { parseSigningKey, type SigningKey } from '../../core/person/keys';
import type { PublisherName } from '../../core/person/profile';
import { PublisherError } from './errors';

/** A publisher and the private key that it signs with. */
export interface PublisherKey {
  readonly name: PublisherName;
  readonly key: SigningKey;
}

/**
 * Takes a private RSA key of 2048 bits or more.
 * @param key PEM (PKCS#1 or PKCS#8), or a private JWK as an object or as JSON text.
 * @throws PublisherError `key_invalid`
 */
export function parsePublisherKey(name: PublisherName, key: string | object): PublisherKey {
  try {
    return { name, key: parseSigningKey(typeof key === 'string' ? key : JSON.stringify(key)) };
  } catch (error) {
    throw new PublisherError('key_invalid', `the key of ${name}: ${(error as Error).message}`);
  }
}

/**
 * Reads a private key from a file, PEM or JWK.
 * @throws PublisherError `key_invalid`
 */
export async function readPublisherKey(name: PublisherName, file: string): Promise<PublisherKey> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new PublisherError('key_invalid', `the key of ${name} cannot be read from ${file}`, { cause });
  }
  return parsePublisherKey(name, text);
}

/**
 * Reads a private key, PEM or JWK, from wherever a function gets its text, such as {@link secretsManagerText}.
 * @throws PublisherError `key_invalid`
 */
export async function loadPublisherKey(
  name: PublisherName,
  loadText: () => string | Promise<string>,
): Promise<PublisherKey> {
  let text: string;
  try {
    text = await loadText();
  } catch (cause) {
    throw new PublisherError('key_invalid', `the key of ${name} cannot be loaded`, { cause });
  }
  return parsePublisherKey(name, text);
}
