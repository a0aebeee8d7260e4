import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { type FunctionName, functions } from '../../lambdas/functions';

/** Where each function's code lies, ready to be an asset: one folder with an `index.js`, which is all that a start reads. */
export type Bundles = Readonly<Record<FunctionName, string>>;

export interface BundlesProps {
  /** The bundles go to `<outdir>/bundles/<stem>/`. */
  readonly outdir: string;
  /** @default the project's `lambdas/` */
  readonly handlersDirectory?: string;
}

/**
 * What a function imports when it is first needed: a file of its own beside `index.js`, under the same name, with
 * everything that it needs.
 */
const apart: Readonly<Partial<Record<FunctionName, readonly string[]>>> = {
  'deliver-webhooks': ['aws/targets/publish-to-topic', 'aws/targets/put-on-bus'],
};

const names = Object.keys(functions) as FunctionName[];

/**
 * Bundles every function of the map, in one call of esbuild: the files that they share are parsed once.
 * The AWS SDK goes in too, so that what runs is what was tested, whatever the runtime brings.
 * @throws Error naming the handler files that do not exist, or esbuild's own error.
 */
export function bundleFunctions({ outdir, handlersDirectory = lambdasDirectory() }: BundlesProps): Bundles {
  const handlers = names.map((name) => ({
    name,
    file: join(handlersDirectory, `${functions[name].handler}.ts`),
  }));
  refuseMissing(handlers.filter(({ file }) => !existsSync(file)));
  const bundles = resolve(outdir, 'bundles');
  buildSync({
    entryPoints: [
      ...handlers.map(({ name, file }) => ({ in: file, out: `${name}/index` })),
      ...entriesApart(),
    ],
    outdir: bundles,
    bundle: true,
    external: Object.values(apart).flatMap((files) => files.map((file) => `./${basename(file)}`)),
    // CommonJS finds such a file without its extension; it is loaded with `require` then.
    supported: { 'dynamic-import': false },
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // ES modules first: only they can be tree-shaken, and they halve the SDK.
    mainFields: ['module', 'main'],
    // The SDK's clients import every way to find credentials, and of a feature that is not used its whole machinery.
    alias: {
      '@aws-sdk/credential-provider-node': join(lambdasDirectory(), 'aws', 'environment-credentials.ts'),
      '@aws-sdk/endpoint-cache': join(lambdasDirectory(), 'aws', 'no-endpoint-cache.ts'),
    },
    minify: true,
    legalComments: 'none',
    logLevel: 'silent',
  });
  return Object.fromEntries(names.map((name) => [name, join(bundles, name)])) as Bundles;
}

function entriesApart(): { readonly in: string; readonly out: string }[] {
  return Object.entries(apart).flatMap(([name, files]) =>
    files.map((file) => ({ in: join(lambdasDirectory(), `${file}.ts`), out: `${name}/${basename(file)}` })),
  );
}

function refuseMissing(missing: readonly { name: FunctionName; file: string }[]): void {
  if (missing.length > 0) {
    const list = missing.map(({ name, file }) => `${name} (${file})`).join(', ');
    throw new Error(`lambdas/functions.ts names functions whose handler file does not exist: ${list}`);
  }
}

function lambdasDirectory(): string {
  return resolve(__dirname, '..', '..', 'lambdas');
}
