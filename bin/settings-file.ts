import { readFileSync } from 'node:fs';
import { parseOverrides, type SettingOverrides, SettingsError } from '../lib/settings';

/**
 * The settings that somebody wrote into a file, as JSON.
 * @throws SettingsError when it cannot be read, is no JSON, or says what no stage knows.
 */
export function readSettingsFile(file: string): SettingOverrides {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new SettingsError(`cannot read the settings in ${file}: ${(error as Error).message}`);
  }
  return parseOverrides(content, file);
}
