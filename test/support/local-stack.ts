import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './source-files';

export interface LocalStackOptions {
  readonly strict?: boolean;
  /** Settings that override the stage's, as `--config` takes them. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly dataDirectory?: string;
  /** @default 0: any that is free */
  readonly port?: number;
}

/** A stack in processes of its own, as `npm start` runs it. */
export interface RunningLocalStack {
  readonly baseUrl: string;
  readonly keysDirectory: string;
  /** A file per function. */
  readonly logDirectory: string;
  /** `CHANGEWIRE_HOME` of the stack: commands that get it find its keys. */
  readonly home: string;
  /** As Ctrl-C does; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** As a power cut does: SIGKILL to every process of it. */
  kill(): Promise<void>;
}

/** Generous: the machine of a test run is busy with other tests. */
const READY_WITHIN_MILLISECONDS = 90_000;

/** Starts a stack and waits until it says that it is ready. @throws Error with what it printed. */
export async function startLocalStack(options: LocalStackOptions = {}): Promise<RunningLocalStack> {
  const home = mkdtempSync(path.join(tmpdir(), 'changewire-test-'));
  const child = spawn(process.execPath, [path.join(root, 'bin/changewire.js'), ...wordsFor(options, home)], {
    cwd: root,
    env: { ...process.env, CHANGEWIRE_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that a kill reaches all of it.
    detached: true,
  });
  const printed: string[] = [];
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  createInterface({ input: child.stderr }).on('line', (line) => printed.push(line));
  const ready = await readReadyLine(child, exited);
  if (!ready) {
    killGroup(child);
    throw new Error(`the stack did not get ready:\n${printed.join('\n')}`);
  }
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    signal === 'SIGKILL' ? killGroup(child) : child.kill(signal);
    const code = await exited;
    rmSync(home, { recursive: true, force: true });
    return code;
  };
  return {
    ...ready,
    home,
    stop: () => end('SIGTERM'),
    kill: async () => void (await end('SIGKILL')),
  };
}

function wordsFor(options: LocalStackOptions, home: string): string[] {
  const config = path.join(home, 'settings.json');
  if (options.settings) {
    writeFileSync(config, JSON.stringify(options.settings));
  }
  return [
    'start',
    ...['--port', `${options.port ?? 0}`],
    ...(options.strict ? ['--strict'] : []),
    ...(options.settings ? ['--config', config] : []),
    ...(options.dataDirectory ? ['--data', options.dataDirectory] : []),
  ];
}

/** The line that `start` prints into a pipe; `undefined` when it ends, or takes too long. */
async function readReadyLine(
  child: ChildProcess,
  exited: Promise<unknown>,
): Promise<Pick<RunningLocalStack, 'baseUrl' | 'keysDirectory' | 'logDirectory'> | undefined> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  let timer: NodeJS.Timeout | undefined;
  const line = await Promise.race([
    new Promise<string>((resolve) => lines.once('line', resolve)),
    exited.then(() => undefined),
    new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), READY_WITHIN_MILLISECONDS);
    }),
  ]);
  clearTimeout(timer);
  return line === undefined ? undefined : JSON.parse(line);
}

function killGroup(child: ChildProcess): void {
  try {
    process.kill(-(child.pid as number), 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
