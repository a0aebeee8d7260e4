import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseOverrides, type SettingOverrides } from '../../lib/settings';
import { CommandError, exitCodes } from './command-error';

/** Who signs the tokens of a local stack, and for whom: fixed, because a port may change from run to run. */
export const localIssuer = 'http://localhost/changewire-issuer/';
export const localAudience = 'changewire';

export interface StartSettings {
  readonly settings: SettingOverrides;
  /** What relative paths in the settings are relative to. */
  readonly baseDirectory: string;
}

/**
 * The settings of a start: the file's, under the three checks of `--strict`.
 * @throws CommandError when the file cannot be read, SettingsError when it says what no stage knows.
 */
export function startSettings(options: {
  readonly config?: string;
  readonly strict?: boolean;
  readonly issuerJwksPath: string;
}): StartSettings {
  const given = options.config ? readSettings(options.config) : {};
  const checks: SettingOverrides = {
    ...{ issuer: localIssuer, audience: localAudience, jwksUri: path.resolve(options.issuerJwksPath) },
    ...given,
    ...{ verifySignatures: true, verifyPublishers: true, verifyTokens: true },
  };
  return {
    settings: options.strict ? checks : given,
    baseDirectory: options.config ? path.dirname(path.resolve(options.config)) : process.cwd(),
  };
}

function readSettings(file: string): SettingOverrides {
  let settings: unknown;
  try {
    settings = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CommandError(
      `cannot read the settings in ${file}: ${(error as Error).message}`,
      exitCodes.usage,
    );
  }
  return parseOverrides(settings, file);
}
