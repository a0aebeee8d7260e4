import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The published schema, empty profile and rules of profile v2, where a copy lies beside the project (they are
 * not ours to ship); `CIS_REFERENCE_DATA` names another folder. Tests that need one skip where it is absent.
 */
const folder = process.env.CIS_REFERENCE_DATA ?? path.join(__dirname, '../../../shared/data/cis');

export function readReference(file: string): unknown {
  const name = path.join(folder, file);
  return existsSync(name) ? JSON.parse(readFileSync(name, 'utf8')) : undefined;
}
