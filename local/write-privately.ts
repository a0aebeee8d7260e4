import { chmodSync, renameSync, writeFileSync } from 'node:fs';

/** Writes a file that only its owner can read, whole or not at all: a reader never finds half of it. */
export function writePrivately(path: string, text: string): void {
  const draft = `${path}.${process.pid}.draft`;
  writeFileSync(draft, text, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, path);
}
