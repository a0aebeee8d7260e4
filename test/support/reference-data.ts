import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The published schema, empty profile and rules of profile v2 (mozilla-iam/cis), which are not ours to ship:
 * `CIS_REFERENCE_DATA` names the folder that holds a copy. Tests that need one skip where there is none.
 */
const folder = process.env.CIS_REFERENCE_DATA;

export function readReference(file: string): unknown {
  const name = folder && path.join(folder, file);
  return name && existsSync(name) ? JSON.parse(readFileSync(name, 'utf8')) : undefined;
}
