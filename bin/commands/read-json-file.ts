import { readFileSync } from 'node:fs';
import { CommandError } from './command-error';

/** @param what is named when it cannot be read. @throws CommandError */
export function readJsonFile(file: string, what: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CommandError(`cannot read ${what} in ${file}: ${(error as Error).message}`);
  }
}
