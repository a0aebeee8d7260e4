import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type FunctionName, functions } from '../lambdas/functions';
import { routes } from '../lambdas/routes';
import {
  coreIsPure,
  exportsByName,
  importDirections,
  nameFindings,
  type Rule,
  staysSmall,
} from './support/architecture-rules';
import { importsOf, layers, listFiles, readLayer, root, type SourceFile } from './support/source-files';

const files = new Map(layers.map((layer) => [layer, readLayer(layer)]));
const sources = layers.filter((layer) => layer !== 'test').flatMap((layer) => files.get(layer) ?? []);
const tests = files.get('test') ?? [];
const stems = Object.keys(functions) as FunctionName[];
const isThere = (file: string) => existsSync(path.join(root, file));
const findings = (rule: Rule, among: readonly SourceFile[]) => among.flatMap(rule);

describe('the layers', () => {
  it('import only in the directions that the design allows', () => {
    expect(findings(importDirections, [...sources, ...tests])).toEqual([]);
  });

  it('let nothing import bin but its own tests', () => {
    const importers = [...sources, ...tests].filter(
      (file) =>
        !/^(bin|test\/bin)\//.test(file.path) &&
        importsOf(file).some((imported) => imported.file?.startsWith('bin/')),
    );
    expect(importers.map((file) => file.path)).toEqual([]);
  });

  it('keep core free of clock, randomness, environment and network', () => {
    expect(findings(coreIsPure, files.get('core') ?? [])).toEqual([]);
  });

  it('export by name, in small files', () => {
    expect(findings(exportsByName, sources)).toEqual([]);
    expect(findings(staysSmall, sources)).toEqual([]);
  });
});

describe('the rules themselves', () => {
  const plant = (file: string, text: string): SourceFile => ({ path: file, text });

  it.each([
    ['core/change/a.ts', `import { b } from '../../lambdas/functions';`],
    ['core/change/a.ts', `import { readFile } from 'node:fs';`],
    ['core/change/a.ts', `import { DynamoDBClient } from '@aws-sdk/client-dynamodb';`],
    ['core/change/a.ts', `export * from '../../sdk/publisher';`],
    ['core/change/a.ts', `const b = await import('jose');`],
    ['lambdas/change/a.ts', `import { Stack } from 'aws-cdk-lib/core';`],
    ['lambdas/change/a.ts', `import type { Settings } from '../../lib/stage';`],
    ['lambdas/routes.ts', `import { z } from 'zod';`],
    ['lib/constructs/a.ts', `import { integrateChange } from '../../core/change/integrate-change';`],
    ['lib/constructs/a.ts', `import { handler } from '../../lambdas/change/submit-change';`],
    ['sdk/publisher/a.ts', `import { lazily } from '../../lambdas/shared/lazily';`],
    ['sdk/publisher/a.ts', `import axios from 'axios';`],
    ['sdk/receiver/a.ts', `import { createHmac } from 'node:crypto';`],
    ['sdk/receiver/a.ts', `import { signWebhook } from '../../core/webhooks/requests/signature';`],
    ['local/a.ts', `import { integrateChange } from '../core/change/integrate-change';`],
    ['local/a.ts', `import {\n  synthesise,\n} from '../lib/synthesise';`],
    ['examples/a.ts', `require('../core/errors')`],
  ])('see a forbidden import in %s: %s', (file, text) => {
    expect(importDirections(plant(file, text))).toHaveLength(1);
  });

  it.each([
    ['core/change/a.ts', `import { createHash } from 'node:crypto';\nimport { b } from '../person/b';`],
    ['lib/a.ts', `import { functions } from '../lambdas/functions';\nimport { App } from 'aws-cdk-lib';`],
    ['local/a.ts', `import type { Json } from '../core/json';`],
    ['core/change/a.ts', `// import { readFile } from 'node:fs';\nconst a = 'x';`],
  ])('let an allowed import of %s pass', (file, text) => {
    expect(importDirections(plant(file, text))).toEqual([]);
  });

  it.each([
    'const now = Date.now;',
    'const now = new Date();',
    'const id = Math.random();',
    `import { randomUUID } from 'node:crypto';`,
    'const stage = process.env.STAGE;',
    `await fetch('https://example.org');`,
    'setTimeout(() => {}, 5);',
  ])('see what core may not reach for: %s', (text) => {
    expect(coreIsPure(plant('core/a.ts', text))).toHaveLength(1);
  });

  it('let core parse a time that it was given', () => {
    expect(coreIsPure(plant('core/a.ts', '// Date.now() is for callers\nnew Date(time);'))).toEqual([]);
  });

  it.each(['core/utils/a.ts', 'core/change/IntegrateChange.ts', 'lambdas/change/submit_change.ts'])(
    'see a bad name: %s',
    (file) => {
      expect(nameFindings(file)).toHaveLength(1);
    },
  );

  it('see a default export and a file that grew too long', () => {
    expect(exportsByName(plant('core/a.ts', 'export default 1;'))).toHaveLength(1);
    expect(staysSmall(plant('core/a.ts', 'a\n'.repeat(251)))).toHaveLength(1);
  });
});

describe('the layout', () => {
  const capabilities = ['change', 'person', 'events', 'topics', 'webhooks', 'hub', 'erasure'];
  const folders: Readonly<Record<string, readonly string[]>> = {
    core: [...capabilities, 'accounts', 'messages'],
    lambdas: [...capabilities, 'manage', 'aws', 'shared'],
    lib: ['constructs'],
    sdk: ['publisher', 'events', 'receiver', 'topics'],
    bin: ['commands'],
  };

  it.each(Object.keys(folders))('of %s names its folders by capability', (layer) => {
    const found = readdirSync(path.join(root, layer), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
    expect(found.filter((name) => !folders[layer]?.includes(name))).toEqual([]);
  });

  it('uses kebab-case and folders that say something', () => {
    // Vectors keep the names that they have where they come from.
    const ours = layers.flatMap(listFiles).filter((file) => !file.startsWith('test/vectors/'));
    expect(ours.flatMap(nameFindings)).toEqual([]);
  });

  it('keeps a test under the same folder as its source', () => {
    const strays = tests
      .filter((file) => /^test\/(core|lambdas|lib|sdk|local|bin)\/.*\.test\.ts$/.test(file.path))
      .map((file) => path.posix.dirname(file.path.slice('test/'.length)))
      .filter((folder) => !isThere(folder));
    expect(strays).toEqual([]);
  });
});

describe('the map of functions', () => {
  const table = readFileSync(path.join(root, 'docs/functions.md'), 'utf8');

  it.each(stems)('%s has a handler, a test and a row in docs/functions.md, all of its stem', (stem) => {
    const { handler } = functions[stem];
    expect(path.posix.basename(handler)).toBe(stem);
    expect(isThere(`lambdas/${handler}.ts`)).toBe(true);
    expect(readFileSync(path.join(root, `lambdas/${handler}.ts`), 'utf8')).toMatch(
      /^export const handler\b/m,
    );
    expect(isThere(`test/lambdas/${handler}.test.ts`)).toBe(true);
    expect(table).toMatch(new RegExp(`^\\| \`${stem}\` +\\|`, 'm'));
  });

  it('has a function for every route, and a route for every function with the trigger http', () => {
    const routed = new Set<string>(routes.map((route) => route.function));
    expect([...routed].filter((name) => !(name in functions))).toEqual([]);
    expect(stems.filter((stem) => functions[stem].trigger === 'http' && !routed.has(stem))).toEqual([]);
  });

  it('has no handler file that the map does not know', () => {
    const known = new Set<string>(stems.map((stem) => `lambdas/${functions[stem].handler}.ts`));
    const handlers = sources.filter((file) => /^export const handler\b/m.test(file.text));
    expect(handlers.map((file) => file.path).filter((file) => !known.has(file))).toEqual([]);
  });
});

describe('the decisions', () => {
  const decisions = listFiles('docs/decisions')
    .map((file) => path.posix.basename(file))
    .filter((file) => file !== 'README.md')
    .sort();

  it('are all in their index', () => {
    const index = readFileSync(path.join(root, 'docs/decisions/README.md'), 'utf8');
    expect(decisions.filter((file) => !index.includes(`](${file})`))).toEqual([]);
  });

  // Numbers are given out before the decisions are written down, so one may come later than the next.
  it('have a number each, and stand in the index by it', () => {
    const numbers = decisions.map((file) => Number(file.slice(0, 3)));
    expect(numbers.filter((number) => !(number > 0))).toEqual([]);
    expect(new Set(numbers).size).toBe(numbers.length);
    const index = readFileSync(path.join(root, 'docs/decisions/README.md'), 'utf8');
    const listed = [...index.matchAll(/^- (\d{3}) /gm)].map(([, number]) => Number(number));
    expect(listed).toEqual([...numbers].sort((a, b) => a - b));
  });
});

describe('the documentation', () => {
  const pages = ['README.md', ...listFiles('docs').filter((file) => file.endsWith('.md'))];
  const textOf = (page: string) => readFileSync(path.join(root, page), 'utf8');
  /** As GitHub makes them of headings. */
  const anchorsOf = (page: string) =>
    [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\- ]/gu, '')
        .replaceAll(' ', '-'),
    );

  it.each(pages)('%s leads nowhere that is not there', (page) => {
    const targets = [...textOf(page).matchAll(/\]\((?!https?:)([^)\s]*)\)/g)].map(
      ([, target = '']) => target,
    );
    const missing = targets.filter((target) => {
      const [file = '', anchor] = target.split('#');
      const there = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
      return !isThere(there) || (anchor !== undefined && !anchorsOf(there).includes(anchor));
    });
    expect(missing).toEqual([]);
  });

  it('is found from its index', () => {
    const index = textOf('docs/README.md');
    const own = pages
      .filter((page) => /^docs\/[a-z-]+\.md$/.test(page))
      .map((page) => path.posix.basename(page));
    expect(own.filter((page) => !index.includes(`](${page})`))).toEqual([]);
  });
});
