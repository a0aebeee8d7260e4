import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { CommandError } from './command-error';

/** So many aliases are honest; a hostile file multiplies with them. */
const MAX_ALIASES = 100;

/**
 * YAML 1.1, as PyYAML reads it, or JSON; tags make nothing but texts.
 * @param what is named when it cannot be read.
 * @throws CommandError
 */
export function readYamlFile(file: string, what: string): unknown {
  try {
    const text = readFileSync(file, 'utf8');
    const value = parse(text, { version: '1.1', maxAliasCount: MAX_ALIASES, logLevel: 'error' });
    // What YAML knows beside JSON, such as dates, is written as the API will have it.
    return JSON.parse(JSON.stringify(value ?? null));
  } catch (error) {
    throw new CommandError(`cannot read ${what} in ${file}: ${(error as Error).message}`);
  }
}
