import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { documentedExamples } from '../support/documented-examples';
import { root } from '../support/source-files';

// It compiles, packs and installs, on a machine that may be busy.
jest.setTimeout(180_000);

const folder = mkdtempSync(path.join(tmpdir(), 'changewire-package-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A cache of its own, and no network: what the tarballs do not hold is not there. */
const offline = [
  '--offline',
  '--no-audit',
  '--no-fund',
  '--ignore-scripts',
  '--cache',
  path.join(folder, 'cache'),
];

function run(command: string, args: readonly string[], cwd = folder): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function pack(directory: string): string {
  const packed = JSON.parse(run('npm', ['pack', directory, '--json', ...offline]));
  return path.join(folder, packed[0].filename);
}

const consumer = path.join(folder, 'consumer');

beforeAll(() => {
  const built = path.join(folder, 'built');
  run(process.execPath, ['-r', 'tsx/cjs', 'bin/build-package.ts', '--out', built], root);
  mkdirSync(consumer);
  writeFileSync(path.join(consumer, 'package.json'), '{"name":"consumer","private":true}');
  const packages = ['zod', '@cfworker/json-schema'].map((name) =>
    pack(path.join(root, 'node_modules', name)),
  );
  run('npm', ['install', ...offline, ...packages, pack(built)], consumer);
});

const program = `
const handler = new EventHandler({ handleConnect: () => ({ userId: 'ada' }) });
const names = ['hub', 'connectionid', 'type', 'eventname'].map((name) => ['ce-' + name, 'azure.webpubsub.sys.connect']);
const headers = { ...Object.fromEntries(names), 'webhook-request-origin': 'service.example.org' };
handler.handle(headers, '{}').then(({ status, payload }) => {
  console.log(status, payload, typeof ChangeClient, typeof WebhookVerifier, typeof EventClient, typeof MessageClient);
});
`;
const printed = '200 {"userId":"ada"} function function function function\n';

describe('the packed tarball', () => {
  it('installs with nothing but what its clients load', () => {
    const installed = readdirSync(path.join(consumer, 'node_modules')).filter(
      (name) => !name.startsWith('.'),
    );
    expect(installed.sort()).toEqual(['@cfworker', 'changewire', 'zod']);
  });

  it('holds compiled clients, their types and nothing else of the repository', () => {
    const files = readdirSync(path.join(consumer, 'node_modules/changewire'));
    expect(files.sort()).toEqual(['LICENSE', 'README.md', 'core', 'package.json', 'sdk']);
  });

  it('is imported by an ES module', () => {
    const imports = `import { EventHandler, WebhookVerifier } from 'changewire/receiver';
import { EventClient } from 'changewire/events';
import { ChangeClient } from 'changewire/publisher';
import { MessageClient } from 'changewire/topics';`;
    writeFileSync(path.join(consumer, 'program.mjs'), imports + program);
    expect(run(process.execPath, ['program.mjs'], consumer)).toBe(printed);
  });

  it('is required by a CommonJS module', () => {
    const requires = `const { EventHandler, WebhookVerifier } = require('changewire/receiver');
const { EventClient } = require('changewire/events');
const { ChangeClient } = require('changewire/publisher');
const { MessageClient } = require('changewire/topics');`;
    writeFileSync(path.join(consumer, 'program.cjs'), requires + program);
    expect(run(process.execPath, ['program.cjs'], consumer)).toBe(printed);
  });

  it('shows no more than its subpaths', () => {
    const script = `require('changewire/sdk/receiver/base64.js')`;
    expect(() => run(process.execPath, ['-e', script], consumer)).toThrow('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  it.each([
    ['receiver', []],
    ['topics', ['node:']],
  ])('loads for the %s nothing but its own files, and of Node what it needs', (client, platform) => {
    const script = `const Module = require('node:module');
const load = Module._load;
const seen = [];
Module._load = function (name) { seen.push(name); return load.apply(this, arguments); };
require('changewire/${client}');
console.log(seen.slice(1).filter((name) => !name.startsWith('.')).join());`;
    const loaded = run(process.execPath, ['-e', script], consumer).trim().split(',').filter(Boolean);
    expect(loaded.filter((name) => !platform.some((one) => name.startsWith(one)))).toEqual([]);
  });
});

describe('a program in TypeScript', () => {
  const check = (file: string, source: string, options: object): string => {
    writeFileSync(path.join(consumer, file), source);
    const compilerOptions = {
      strict: true,
      noEmit: true,
      exactOptionalPropertyTypes: true,
      target: 'ES2022',
      ...options,
    };
    writeFileSync(path.join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
    try {
      return run(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], consumer);
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  };
  const web = { lib: ['ES2022', 'DOM', 'DOM.Iterable'], types: [] };
  const receiver = `import { EventHandler, toFetchHandler, type ConnectPayload } from 'changewire/receiver';
const handler = new EventHandler({
  handleConnect: async ({ claims }, response): Promise<ConnectPayload | void> => {
    if (!claims['role']?.includes('writer')) return response.fail(403, 'writers only');
    response.setState('since', Date.now());
    return { groups: ['lobby'] };
  },
  handleUserMessage: ({ message }) => (message.dataType === 'text' ? message.data.toUpperCase() : undefined),
});
const serve: (request: Request) => Promise<Response> = toFetchHandler(handler, { path: '/x' });
export { serve };
`;

  it.each([
    ['nodenext', { module: 'nodenext' }],
    ['bundler', { module: 'esnext', moduleResolution: 'bundler' }],
  ])('checks against the receiver without the types of Node (%s)', (_, resolution) => {
    expect(check('web.ts', receiver, { ...web, ...resolution })).toBe('');
  });

  it('checks against the types of Node, Express-like servers and the publisher', () => {
    const source = `${receiver}
import { createServer } from 'node:http';
import { ChangeClient, ProfileBuilder } from 'changewire/publisher';
import { toLambdaHandler, toNodeListener } from 'changewire/receiver';
createServer(toNodeListener(handler));
export const lambda = toLambdaHandler(handler);
export const client = new ChangeClient({ baseUrl: 'http://127.0.0.1:9000', token: '' });
export const builder = ProfileBuilder.empty();
`;
    const types = { types: ['node'], typeRoots: [path.join(root, 'node_modules/@types')] };
    expect(check('server.ts', source, { module: 'nodenext', lib: ['ES2022'], ...types })).toBe('');
  });

  it('checks events against their definitions', () => {
    const source = `import { EventClient } from 'changewire/events';
const client = new EventClient({
  serviceName: 'policies',
  topicDefinitions: {
    DefaultCategory: 'policies',
    Topics: [{ Entity: 'Policy', Action: 'Issued', Schema: { required: ['id'], properties: { id: { type: 'string' } } } }],
  },
});
await using session = client.userSession('ada@example.org');
session.issuedPolicy({ id: '0' });
session.issuedPolicy({ id: 0 });
await session.flush();
`;
    const told = check('events.mts', source, { ...web, module: 'nodenext' });
    expect(told).toMatch(/^events\.mts\(11,.*TS2322/);
    expect(told.trim().split('\n')).toHaveLength(1);
  });

  it('checks messages against the payloads of their topics', () => {
    const source = `import { MemoryBuffer, MessageClient } from 'changewire/topics';
const buffer = new MemoryBuffer();
const client = new MessageClient<{ orders: { total: number } }>({ apiUrl: 'http://127.0.0.1:9000', buffer });
await client.publish('orders', { total: 1 });
await client.publish('orders', { total: '1' });
await client.publish('bills', {});
`;
    const told = check('messages.mts', source, { ...web, module: 'nodenext' });
    expect(
      told
        .trim()
        .split('\n')
        .map((line) => line.slice(0, 16)),
    ).toEqual([expect.stringMatching(/^messages\.mts\(5,/), expect.stringMatching(/^messages\.mts\(6,/)]);
  });

  it('may be any example of the documentation', () => {
    const given = {
      headers: 'Record<string, string>',
      body: 'string',
      handler: 'EventHandler',
      webhook: '{ headers: Record<string, string>; body: string }',
      verifier: 'WebhookVerifier',
    };
    const programs = documentedExamples('sdk/receiver').map(({ code }, index) => {
      const statements = code.replace(/^import .*$/gm, '').replace(/^export /gm, '');
      const names = Object.entries(given).filter(
        ([name]) => !new RegExp(`const ${name}\\b`).test(statements),
      );
      const types = `import type * as library from 'changewire/receiver';`;
      const parameters = names
        .map(([name, type]) => `${name}: ${type.replace(/^[EW]/, 'library.$&')}`)
        .join(', ');
      const imports = code.match(/^import .*$/gm) ?? [];
      const example = `export async function example(${parameters}) {\n${statements}\n}\n`;
      writeFileSync(path.join(consumer, `example-${index}.mts`), [types, ...imports, example].join('\n'));
      return `import './example-${index}.mjs';`;
    });
    const options = {
      types: ['node'],
      typeRoots: [path.join(root, 'node_modules/@types')],
      paths: { express: [path.join(root, 'node_modules/@types/express')] },
    };
    expect(programs.length).toBeGreaterThan(15);
    expect(
      check('examples.mts', programs.join('\n'), { module: 'nodenext', lib: ['ES2022'], ...options }),
    ).toBe('');
  });

  it('is told of a wrong one', () => {
    const wrong = receiver.replace(`'writers only'`, '7');
    expect(check('wrong.ts', wrong, { ...web, module: 'nodenext' })).toMatch(/^wrong\.ts\(4,.*TS2345/);
  });

  it('finds the documentation in the types', () => {
    const types = readFileSync(
      path.join(consumer, 'node_modules/changewire/sdk/receiver/event-handler.d.ts'),
      'utf8',
    );
    expect(types).toContain('@example');
  });
});
