/**
 * `npm run build`: emits the SDKs as a package that can be packed and installed (`npm pack ./dist`). Its manifest is not
 * the repository's: whoever installs a client needs neither the infrastructure nor what the functions run on.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

const root = path.resolve(__dirname, '..');

interface Manifest {
  readonly [field: string]: unknown;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly exports: object;
}

/** Loaded by those who keep keys there, and by nobody else. */
const optional = '@aws-sdk/client-secrets-manager';

function main(): void {
  const { values } = parseArgs({ options: { out: { type: 'string', default: path.join(root, 'dist') } } });
  const out = path.resolve(values.out);
  rmSync(out, { recursive: true, force: true });
  const compiler = path.join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', path.join(root, 'tsconfig.build.json'), '--outDir', out], {
    stdio: 'inherit',
  });
  const manifest: Manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  writeFileSync(
    path.join(out, 'package.json'),
    `${JSON.stringify(published(manifest, requiredBy(out)), null, 2)}\n`,
  );
  for (const file of ['README.md', 'LICENSE']) {
    copyFileSync(path.join(root, file), path.join(out, file));
  }
}

function published(manifest: Manifest, packages: readonly string[]): object {
  const { name, version, description, license, engines, dependencies } = manifest;
  return {
    ...{ name, version, description, license, engines },
    type: 'commonjs',
    sideEffects: false,
    exports: JSON.parse(JSON.stringify(manifest.exports).replaceAll('"./dist/', '"./')),
    dependencies: Object.fromEntries(packages.map((one) => [one, versionOf(one, dependencies)])),
    peerDependencies: { [optional]: '3' },
    peerDependenciesMeta: { [optional]: { optional: true } },
  };
}

function versionOf(name: string, dependencies: Manifest['dependencies']): string {
  const version = dependencies[name];
  if (version === undefined) {
    throw new Error(`${name} is required by the SDKs, and is no dependency of package.json`);
  }
  return version;
}

/** The packages that the emitted files load. */
function requiredBy(folder: string): string[] {
  const files = (readdirSync(folder, { recursive: true }) as string[]).filter((file) => file.endsWith('.js'));
  const names = files.flatMap((file) => {
    const text = readFileSync(path.join(folder, file), 'utf8');
    return [...text.matchAll(/\brequire\("((?:@[^/"]+\/)?[^./"][^/"]*)[^"]*"\)/g)].map(
      (match) => match[1] ?? '',
    );
  });
  return [...new Set(names)].filter((name) => !name.startsWith('node:') && name !== optional).sort();
}

main();
