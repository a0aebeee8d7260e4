import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Benches run as bundles, which lie elsewhere than their sources: npm runs them in the root of the project. */
export const root = process.cwd();

/** A profile as the original's library signs it. */
export function vectorText(name: string): string {
  return JSON.stringify(JSON.parse(readFileSync(path.join(root, 'test/vectors', `${name}.json`), 'utf8')));
}
