import { readFileSync } from 'node:fs';

/**
 * Reads a file that an earlier run left behind.
 * @param read makes something of its text.
 * @throws Error that names the file and quotes nothing of it: it may hold a key or a token.
 */
export function readKeptFile<Content>(path: string, read: (text: string) => Content): Content {
  const text = readFileSync(path, 'utf8');
  try {
    return read(text);
  } catch {
    throw new Error(`${path} is damaged: restore it, or remove it to have it made anew`);
  }
}
