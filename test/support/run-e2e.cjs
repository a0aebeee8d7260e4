/*
 * The black-box suite against one API: `npm run e2e -- --base-url URL`. Without a URL it starts its own stacks.
 * Everything else goes to jest.
 */
const { spawnSync } = require('node:child_process');

const words = process.argv.slice(2);
const at = words.findIndex((word) => word === '--base-url' || word.startsWith('--base-url='));
const environment = { ...process.env };
if (at >= 0) {
  const [, inline] = words[at].split('=', 2);
  environment.CHANGEWIRE_E2E_URL = inline ?? words[at + 1];
  words.splice(at, inline === undefined ? 2 : 1);
  if (!environment.CHANGEWIRE_E2E_URL || !URL.canParse(environment.CHANGEWIRE_E2E_URL)) {
    console.error('--base-url needs a URL, such as http://127.0.0.1:9000');
    process.exit(2);
  }
}
const { status } = spawnSync(
  process.execPath,
  [require.resolve('jest/bin/jest'), '--runInBand', ...words, 'test/e2e/'],
  { stdio: 'inherit', env: environment },
);
process.exit(status ?? 1);
