import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { root } from '../../support/source-files';
import type { JourneyOf } from './journey';

/** What the README invites to: `npm run example`, as a program of its own. */
export function quickStart(journey: JourneyOf): void {
  it('publishes, reads and receives, and says how long each step took', async () => {
    const { baseUrl, home } = journey().target;
    const words = ['-r', 'tsx/cjs', 'examples/quick-start.ts', '--base-url', baseUrl];
    const env = { ...process.env, CHANGEWIRE_HOME: home };
    // Rejects when it ends with another code than 0.
    const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: root, env });
    for (const what of [
      'published it',
      'it was integrated',
      'read the person',
      'the webhook arrived and verified',
    ]) {
      expect(stdout).toMatch(new RegExp(`\\d ms {2}${what}`));
    }
    expect(stdout).toContain('"type":"profile.created"');
  });
}
