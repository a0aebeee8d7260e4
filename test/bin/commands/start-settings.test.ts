import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startSettings } from '../../../bin/commands/start-settings';

const folder = mkdtempSync(path.join(tmpdir(), 'start-settings-'));
const issuerJwksPath = path.join(folder, 'jwks.json');
const settingsOf = (strict: boolean, given: object = {}) => {
  const config = path.join(folder, 'settings.json');
  writeFileSync(config, JSON.stringify(given));
  return startSettings({ config, strict, issuerJwksPath }).settings;
};
afterAll(() => rmSync(folder, { recursive: true }));

describe('a strict start', () => {
  it('checks everything, whatever the file says', () => {
    const off = { verifySignatures: false, verifyPublishers: false, verifyTokens: false };
    expect(settingsOf(true, off)).toMatchObject({
      verifySignatures: true,
      verifyPublishers: true,
      verifyTokens: true,
    });
  });

  it('tells nobody without a token who has an account, unless the file wants it', () => {
    expect(settingsOf(true)).toMatchObject({ publicMetadata: false, seedProfiles: 0 });
    expect(settingsOf(true, { publicMetadata: true })).toMatchObject({ publicMetadata: true });
    expect(settingsOf(false)).toEqual({});
  });
});
