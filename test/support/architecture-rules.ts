import { type Import, importsOf, packageOf, type SourceFile, withoutComments } from './source-files';

/** A rule looks at one file and says what is wrong with it, a line per finding. */
export type Rule = (file: SourceFile) => string[];

interface Directions {
  /** Folders and files of ours that the layer may import. */
  readonly ours: readonly string[];
  /** Packages it may import, by name or `scope/*`; `node:*` is every module of Node. */
  readonly packages: readonly string[];
  /** Folders of ours of which it may import types. */
  readonly types?: readonly string[];
}

const maps = ['lambdas/functions', 'lambdas/routes', 'lambdas/tables'];
const anything: Directions = { ours: ['bin', 'lib', 'lambdas', 'core', 'sdk', 'local'], packages: ['*'] };

/** Design, section 4: who may import what. The more specific path comes first. */
const directions: ReadonlyArray<readonly [layer: string, Directions]> = [
  ...maps.map((map) => [map, { ours: maps, packages: [] }] as const),
  [
    'core',
    {
      ours: ['core'],
      packages: ['zod', 'ipaddr.js', '@cfworker/json-schema', 'node:crypto', 'node:zlib', 'node:buffer'],
    },
  ],
  [
    'lambdas',
    {
      // The hub door is a user of the receiver library: docs/decisions/077-the-hub-door-uses-the-receiver-library.md.
      ours: ['lambdas', 'core', 'sdk/receiver'],
      packages: [
        ...['@aws-sdk/*', '@smithy/node-http-handler', '@aws-lambda-powertools/*', 'aws-lambda'],
        ...['jose', 'zod', 'node:*'],
      ],
    },
  ],
  [
    'lib',
    {
      // What settings and a function read must be the same: one schema, which imports nothing of ours.
      ours: ['lib', ...maps, 'core/hub/hub-schema'],
      packages: ['aws-cdk-lib', 'constructs', 'cdk-nag', 'esbuild', 'zod', 'node:*'],
    },
  ],
  // It runs wherever there is Fetch, so it takes nothing of Node, and nothing that does.
  ['sdk/receiver', { ours: ['sdk/receiver'], packages: [] }],
  // The one client is optional and loaded by whoever keeps keys there.
  ['sdk', { ours: ['sdk', 'core'], packages: ['node:*', '@aws-sdk/client-secrets-manager'] }],
  [
    'local',
    {
      ours: ['local'],
      types: ['core'],
      packages: [
        ...['dynalite', 'kinesalite', 'fauxqs', 'node:*'],
        ...['@aws-sdk/*', '@smithy/node-http-handler', 'aws-lambda'],
      ],
    },
  ],
  ['examples', { ours: ['examples', 'sdk', 'local'], packages: ['express', 'standardwebhooks', 'node:*'] }],
  [
    'bench',
    {
      ours: ['bench', 'core', 'lambdas', 'lib', 'sdk', 'local', 'test/support'],
      packages: ['@aws-sdk/*', 'aws-lambda', 'undici', 'node:*'],
    },
  ],
  ['bin', anything],
  ['test', { ...anything, ours: [...anything.ours, 'test', 'examples', 'bench'] }],
];

export const importDirections: Rule = (file) => {
  const [layer, allowed] = directions.find(([name]) => isWithin(file.path.replace(/\.ts$/, ''), name)) ?? [];
  if (!layer || !allowed) {
    return [`${file.path} is in no known layer`];
  }
  return importsOf(file)
    .filter((imported) => !isAllowed(imported, allowed))
    .map(({ specifier }) => `${file.path} imports ${specifier}, which ${layer} may not`);
};

function isAllowed(
  { file, specifier, typeOnly }: Import,
  { ours, types = [], packages }: Directions,
): boolean {
  if (file !== undefined) {
    return [...ours, ...(typeOnly ? types : [])].some((name) => isWithin(file, name));
  }
  return packages.some(
    (name) =>
      name === '*' ||
      packageOf(specifier) === name ||
      (name.endsWith('*') && packageOf(specifier).startsWith(name.slice(0, -1))),
  );
}

function isWithin(file: string, folder: string): boolean {
  return file === folder || file.startsWith(`${folder}/`);
}

/** What `core` must be handed instead: time, randomness, the environment, the network. */
const ambient: ReadonlyArray<readonly [what: string, pattern: RegExp]> = [
  ['the environment', /\bprocess\s*[.[]|\bglobalThis\b/],
  ['the clock', /\bDate\s*\.\s*now\b|\bnew\s+Date\b\s*(\(\s*\)|[^(\s])|\bDate\s*\(\s*\)|\bperformance\s*\./],
  ['randomness', /\bMath\s*\.\s*random\b|\brandom(UUID|Bytes|Int|FillSync|Fill)\b|\bgetRandomValues\b/],
  ['the network', /\bfetch\s*\(|\bnew\s+(WebSocket|XMLHttpRequest)\b/],
  ['a timer', /\bset(Timeout|Interval|Immediate)\s*\(/],
  ['the console', /\bconsole\s*\./],
];

export const coreIsPure: Rule = ({ path, text }) => {
  const code = withoutComments(text);
  return ambient
    .filter(([, pattern]) => pattern.test(code))
    .map(([what]) => `${path} uses ${what}: core takes it as an argument`);
};

export const exportsByName: Rule = ({ path, text }) =>
  /^export\s+default\b/m.test(text) ? [`${path} has a default export`] : [];

/** A file that grows past this does more than one job. */
const MAX_LINES = 250;

/** The maps are tables, which grow by a row per function, route and store. */
export const staysSmall: Rule = ({ path, text }) => {
  if (maps.includes(path.replace(/\.ts$/, ''))) {
    return [];
  }
  const lines = text.split('\n').length - 1;
  return lines > MAX_LINES ? [`${path} has ${lines} lines; split it, ${MAX_LINES} are the most`] : [];
};

const vagueFolders = new Set(['util', 'utils', 'helper', 'helpers', 'common', 'misc', 'types', 'interfaces']);

/** The path alone: kebab-case, and a folder says what its files are about. */
export function nameFindings(path: string): string[] {
  const segments = path.split('/');
  const file = segments[segments.length - 1] as string;
  const folders = segments.slice(0, -1);
  return [
    ...(/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/.test(file) ? [] : [`${path} is not kebab-case`]),
    ...folders
      .filter((folder) => vagueFolders.has(folder))
      .map((folder) => `${path} lies in "${folder}", which says nothing`),
  ];
}
