import path from 'node:path';
import type { SettingOverrides } from '../../lib/settings';
import { readSettingsFile } from '../settings-file';

/** Who signs the tokens of a local stack, and for whom: fixed, because a port may change from run to run. */
export const localIssuer = 'http://localhost/changewire-issuer/';
export const localAudience = 'changewire';

export interface StartSettings {
  readonly settings: SettingOverrides;
  /** What relative paths in the settings are relative to. */
  readonly baseDirectory: string;
}

/**
 * The settings of a start: the file's, under the three checks of `--strict`; the file may still open the metadata.
 * @throws SettingsError when the file cannot be read, or says what no stage knows.
 */
export function startSettings(options: {
  readonly config?: string;
  readonly strict?: boolean;
  readonly issuerJwksPath: string;
}): StartSettings {
  const given = options.config ? readSettingsFile(options.config) : {};
  const checks: SettingOverrides = {
    // As a deployed stack comes up: with nobody in it.
    seedProfiles: 0,
    // As everywhere but in the preview: who has an account is nothing for everybody.
    publicMetadata: false,
    ...{ issuer: localIssuer, audience: localAudience, jwksUri: path.resolve(options.issuerJwksPath) },
    ...given,
    ...{ verifySignatures: true, verifyPublishers: true, verifyTokens: true },
  };
  return {
    settings: options.strict ? checks : given,
    baseDirectory: options.config ? path.dirname(path.resolve(options.config)) : process.cwd(),
  };
}
