import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { version } from '../../core/version';

describe('version', () => {
  it('is that of the package', () => {
    const manifest = readFileSync(resolve(__dirname, '..', '..', 'package.json'), 'utf8');
    expect(JSON.parse(manifest)).toMatchObject({ version });
  });
});
