import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type FunctionName, functions } from '../../lambdas/functions';

const lambdas = resolve(__dirname, '..', '..', 'lambdas');

/**
 * A directory with a handler file for every function of the map, for tests that care about the stack and not
 * about the code: bundling them takes a tenth of a second.
 * @param keep real handlers that are to be bundled all the same, where their files exist.
 */
export function stubHandlers(keep: readonly FunctionName[] = []): string {
  const directory = mkdtempSync(join(tmpdir(), 'changewire-stubs-'));
  for (const [name, { handler }] of Object.entries(functions)) {
    const real = join(lambdas, `${handler}.ts`);
    const isKept = keep.includes(name as FunctionName) && existsSync(real);
    const file = join(directory, `${handler}.ts`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(
      file,
      isKept
        ? `export { handler } from ${JSON.stringify(real)};\n`
        : `export const handler = async () => ({ statusCode: 200, body: ${JSON.stringify(name)} });\n`,
    );
  }
  return directory;
}
