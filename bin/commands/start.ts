import { createServer } from 'node:net';
import path from 'node:path';
import type { Command } from 'commander';
import { prepareKeys } from '../../local/keys';
import { announceStack, type RunningStack } from '../../local/running-stack';
import type { BootOptions } from './boot-stack';
import type { Host } from './host';
import { count, port } from './option-values';
import { portError } from './port-error';
import { type ReadyFacts, readyText } from './ready-text';
import { seedPeople } from './seed-people';
import { untilStopped } from './until-stopped';

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
    .action((options: BootOptions) => start(host, options));
}

async function start(host: Host, options: BootOptions): Promise<void> {
  const startedAt = host.now();
  await requireFreePort(options.port);
  const phase = phases(host);
  phase('keys');
  const preparing = prepareKeys(
    options.data ? path.resolve(options.data, 'keys') : path.join(host.home, 'keys'),
  );
  // Slow to load, and no other command needs it; the keys are made on other threads meanwhile.
  const { bootStack } = require('./boot-stack') as typeof import('./boot-stack');
  const { stack, running, settings, stop } = await bootStack(host, options, await preparing, phase);
  phase();
  const forget = announceStack(host.home, running);
  const stopping = new AbortController();
  try {
    announceReady(host, running, {
      dataDirectory: options.data && path.resolve(options.data),
      logDirectory: stack.logDirectory,
      milliseconds: host.now() - startedAt,
    });
    // Not before: whoever waits for a stack shall not wait for its samples.
    const seeding = seedPeople(host, running, {
      number: settings.seedProfiles,
      dataDirectory: options.data,
      verifySignatures: settings.verifySignatures,
      signal: stopping.signal,
    });
    await untilStopped(host);
    stopping.abort();
    await seeding;
  } finally {
    forget();
    await stop();
    host.note('stopped');
  }
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

function announceReady(
  host: Host,
  running: RunningStack,
  facts: Pick<ReadyFacts, 'dataDirectory' | 'logDirectory' | 'milliseconds'>,
): void {
  const { baseUrl, keysDirectory, strict } = running;
  if (host.interactive) {
    host.print(readyText(host, { baseUrl, keysDirectory, strict, ...facts }));
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
