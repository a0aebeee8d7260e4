import { readFileSync } from 'node:fs';
import path from 'node:path';
import { listFiles, root } from './source-files';

export interface DocumentedExample {
  readonly name: string;
  readonly code: string;
}

/** The examples in the doc comments of a folder's files. */
export function documentedExamples(folder: string): DocumentedExample[] {
  return listFiles(folder).flatMap((file) => {
    const source = readFileSync(path.join(root, file), 'utf8');
    return [...source.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block = ''], index) => ({
      name: `${path.basename(file)}, ${index + 1}`,
      code: block.replace(/^ *\* ?/gm, ''),
    }));
  });
}

/** The TypeScript of the README, then of the pages of docs/, that imports a package. */
export function writtenExamples(packageName: string): string[] {
  const pages = [
    'README.md',
    ...listFiles('docs')
      .filter((file) => /^docs\/[^/]+\.md$/.test(file))
      .sort(),
  ];
  return pages
    .flatMap((page) => [...readFileSync(path.join(root, page), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)])
    .map(([, block = '']) => block)
    .filter((block) => block.includes(`'${packageName}'`));
}
