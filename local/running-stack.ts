import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { LocalStack } from './options';
import { writePrivately } from './write-privately';

/** A stack that runs on this machine, as other programs find it: where it answers, where its keys lie. */
export interface RunningStack {
  readonly baseUrl: string;
  readonly keysDirectory: string;
  readonly issuer: string;
  readonly audience: string;
  readonly strict: boolean;
  /** The emulators, which operators' commands call as they would call AWS. */
  readonly endpoints: LocalStack['endpoints'];
  /** As a deployment prints them. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** `.changewire` in the clone, or what `CHANGEWIRE_HOME` says. */
export function homeDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  return environment.CHANGEWIRE_HOME || path.resolve(__dirname, '..', '.changewire');
}

/**
 * Leaves a note of a running stack, readable by its owner alone.
 * @returns what removes the note again.
 */
export function announceStack(home: string, stack: RunningStack): () => void {
  const file = path.join(home, `running-${new URL(stack.baseUrl).port}.json`);
  mkdirSync(home, { recursive: true });
  writePrivately(file, `${JSON.stringify(stack, null, 2)}\n`);
  return () => rmSync(file, { force: true });
}

/** The note of the stack that answers at a URL; `undefined` when none was left on this machine. */
export function findStack(home: string, baseUrl: string): RunningStack | undefined {
  const wanted = originOf(baseUrl);
  return readNotes(home).find((stack) => originOf(stack.baseUrl) === wanted);
}

/** Where stacks of this machine answer, or answered before they were killed. */
export function listStacks(home: string): readonly string[] {
  return readNotes(home).map(({ baseUrl }) => baseUrl);
}

function readNotes(home: string): RunningStack[] {
  let names: string[];
  try {
    names = readdirSync(home);
  } catch {
    return [];
  }
  return names
    .filter((name) => /^running-\d+\.json$/.test(name))
    .flatMap((name) => {
      try {
        return [JSON.parse(readFileSync(path.join(home, name), 'utf8')) as RunningStack];
      } catch {
        // Removed since it was listed: its stack has stopped.
        return [];
      }
    });
}

/** `localhost` and `127.0.0.1` are the same stack. */
function originOf(url: string): string | undefined {
  if (!URL.canParse(url)) {
    return undefined;
  }
  const { protocol, hostname, port } = new URL(url);
  return `${protocol}//${hostname === 'localhost' ? '127.0.0.1' : hostname}:${port}`;
}
