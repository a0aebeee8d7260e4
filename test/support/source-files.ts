import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** A file of the repository; `path` is relative to its root, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export interface Import {
  /** As it is written. */
  readonly specifier: string;
  /** The imported file relative to the root, without extension; `undefined` for a package. */
  readonly file: string | undefined;
  readonly typeOnly: boolean;
}

export const root = path.resolve(__dirname, '../..');

/** What belongs to the project: the folders that design and README name. */
export const layers = ['bin', 'lib', 'lambdas', 'core', 'sdk', 'local', 'examples', 'bench', 'test'] as const;

/** Every TypeScript file of a layer, sorted. */
export function readLayer(layer: string): SourceFile[] {
  return listFiles(layer)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ path: file, text: readFileSync(path.join(root, file), 'utf8') }));
}

/** Every file below a folder of the repository, sorted; none when it is not there. */
export function listFiles(folder: string): string[] {
  const absolute = path.join(root, folder);
  if (!existsSync(absolute)) {
    return [];
  }
  return (readdirSync(absolute, { recursive: true }) as string[])
    .map((name) => path.posix.join(folder, name.split(path.sep).join('/')))
    .filter((file) => statSync(path.join(root, file)).isFile())
    .sort();
}

const importPattern =
  /(?:^|[\s;}])(?:(import|export)(\s+type)?\s[^'"`;]*?from\s*|import\s*\(\s*|require(?:\.resolve)?\s*\(\s*|import\s+)(['"])([^'"\n]+)\3/g;

/** The imports of a file. There is no compiler API to ask, and our imports are all of the plain kinds. */
export function importsOf({ path: importer, text }: SourceFile): Import[] {
  return [...withoutComments(text).matchAll(importPattern)].map((match) => {
    const specifier = match[4] as string;
    return {
      specifier,
      file: specifier.startsWith('.') ? path.posix.join(path.posix.dirname(importer), specifier) : undefined,
      typeOnly: match[2] !== undefined,
    };
  });
}

/** The package of a specifier: `@aws-sdk/client-sqs` of `@aws-sdk/client-sqs/dist`. */
export function packageOf(specifier: string): string {
  return specifier.startsWith('node:')
    ? specifier
    : specifier.split('/', specifier[0] === '@' ? 2 : 1).join('/');
}

/** Code without comments; a `//` after a colon is a URL in a string. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`\\])\/\/.*$/gm, '$1');
}
