import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import type { Command } from 'commander';
import { prepareKeys } from '../../local/keys';
import { announceStack, type RunningStack } from '../../local/running-stack';
import { CommandError, exitCodes } from './command-error';
import { mintLocalToken } from './connection';
import type { Host } from './host';
import { count, port } from './option-values';
import { type ReadyFacts, readyText } from './ready-text';
import { localAudience, localIssuer, startSettings } from './start-settings';
import { untilStopped } from './until-stopped';

interface StartOptions {
  readonly port: number;
  readonly config?: string;
  readonly data?: string;
  readonly strict?: boolean;
  readonly workers?: number;
}

export function addStart(program: Command, host: Host): void {
  program
    .command('start')
    .description('Run a whole stack on this machine, from the template that would be deployed.')
    .option('--port <port>', 'where the API answers; 0 for any', port, 9000)
    .option('--config <file>', "JSON with settings that override the stage's")
    .option('--data <dir>', 'keep tables, streams and keys there across runs (default: in memory)')
    .option('--strict', 'verify signatures, publishers and tokens, with generated keys')
    .option('--workers <n>', 'workers of every function (default: the setting localWorkers)', count)
    .addHelpText(
      'after',
      `
Keys are kept in .changewire/keys, or in DIR/keys with --data; CHANGEWIRE_HOME moves .changewire.
In a pipe it prints one line of JSON when it is ready.

Examples:
  $ npm start
  $ npm start -- --port 9001 --data ./data --strict`,
    )
    .action((options: StartOptions) => start(host, options));
}

async function start(host: Host, options: StartOptions): Promise<void> {
  const startedAt = host.now();
  await requireFreePort(options.port);
  const { stack, running, assembly } = await bootStack(host, options);
  const forget = announceStack(host.home, running);
  try {
    await announceReady(host, running, {
      dataDirectory: options.data,
      logDirectory: stack.logDirectory,
      milliseconds: host.now() - startedAt,
    });
    await untilStopped(host);
  } finally {
    forget();
    await stack.stop();
    rmSync(assembly, { recursive: true, force: true });
    host.note('stopped');
  }
}

async function bootStack(host: Host, options: StartOptions) {
  const phase = phases(host);
  const keysDirectory = options.data ? path.resolve(options.data, 'keys') : path.join(host.home, 'keys');
  phase('keys');
  // The libraries are slow to load; the keys are made on other threads meanwhile.
  const [keys, { synthesise }, { settingsWithoutEffect }, local] = await Promise.all([
    prepareKeys(keysDirectory),
    import('../../lib/synthesise'),
    import('../../lib/settings'),
    import('../../local/index'),
  ]);
  const { settings, baseDirectory } = startSettings({ ...options, issuerJwksPath: keys.issuerJwksPath });
  const idle = settingsWithoutEffect(settings);
  if (idle.length > 0) {
    host.note(`notice: nothing reads these settings yet: ${idle.join(', ')}`);
  }
  phase('template');
  const assembly = assemblyDirectory(host);
  const synthesised = synthesise({ stage: 'preview', settings, baseDirectory, outdir: assembly });
  phase('stack');
  const stack = await local.start({
    assemblyDirectory: synthesised.assemblyDirectory,
    port: options.port,
    keysDirectory,
    workersPerFunction: options.workers ?? synthesised.settings.localWorkers,
    tickSeconds: synthesised.settings.tickSeconds,
    ...(options.data && { dataDirectory: path.resolve(options.data), rewind: true }),
  });
  phase();
  const running: RunningStack = {
    baseUrl: stack.baseUrl,
    keysDirectory,
    issuer: synthesised.settings.issuer || localIssuer,
    audience: synthesised.settings.audience || localAudience,
    strict: synthesised.settings.verifyTokens && synthesised.settings.verifySignatures,
  };
  return { stack, running, assembly };
}

/** Tells what takes the time: a line when a phase ends. */
function phases(host: Host): (next?: string) => void {
  let current: { readonly name: string; readonly since: number } | undefined;
  return (next) => {
    if (current) {
      host.note(`  ${current.name.padEnd(9)} ${((host.now() - current.since) / 1000).toFixed(1)} s`);
    }
    current = next === undefined ? undefined : { name: next, since: host.now() };
  };
}

/** A folder of this run alone: two stacks may start side by side. */
function assemblyDirectory(host: Host): string {
  mkdirSync(host.home, { recursive: true });
  for (const left of readdirSync(host.home).filter(isLeftOver)) {
    rmSync(path.join(host.home, left), { recursive: true, force: true });
  }
  return mkdtempSync(path.join(host.home, `assembly-${process.pid}-`));
}

/** The folder of a run that was killed: no process has its number any more. */
function isLeftOver(name: string): boolean {
  const pid = /^assembly-(\d+)-/.exec(name)?.[1];
  if (pid === undefined) {
    return false;
  }
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

async function announceReady(
  host: Host,
  running: RunningStack,
  facts: Pick<ReadyFacts, 'dataDirectory' | 'logDirectory' | 'milliseconds'>,
): Promise<void> {
  const { baseUrl, keysDirectory, strict } = running;
  if (host.interactive) {
    const token = await mintLocalToken(running);
    host.print(readyText(host, { baseUrl, keysDirectory, strict, token, ...facts }));
  } else {
    host.print(JSON.stringify({ ready: true, baseUrl, keysDirectory, strict, ...facts }));
  }
}

/** Asked first: a start takes seconds, and this is what goes wrong most often. */
async function requireFreePort(wanted: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(portError(wanted, error)));
    server.listen(wanted, '127.0.0.1', () => server.close(() => resolve()));
  });
}

function portError(wanted: number, error: NodeJS.ErrnoException): Error {
  if (error.code === 'EADDRINUSE') {
    return new CommandError(`port ${wanted} is in use: choose another with --port, or --port 0 for any`);
  }
  return error.code === 'EACCES'
    ? new CommandError(`port ${wanted} needs more rights: choose one above 1023 with --port`, exitCodes.usage)
    : error;
}
