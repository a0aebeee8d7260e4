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
