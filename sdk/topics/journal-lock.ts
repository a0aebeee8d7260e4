import { readlinkSync } from 'node:fs';
import { link, readFile, realpath, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { MessageError } from './errors';

export interface LockTimes {
  /** How often a holder shows that it lives. */
  readonly beatMs: number;
  /** Who has shown nothing for so long is dead: a busy process is late by less. */
  readonly deadAfterMs: number;
}

const usualTimes: LockTimes = { beatMs: 1_000, deadAfterMs: 10_000 };

/** Those of this process. */
const held = new Set<string>();

/**
 * A file beside another one that says whose it is. Node has no locks that end with their process: a holder touches its
 * lock every second. One that has ended is known at once where its process number says something, else by its silence.
 */
export class JournalLock {
  readonly #beat: NodeJS.Timeout;
  #isReleased = false;

  private constructor(
    private readonly file: string,
    private readonly content: string,
    { beatMs }: LockTimes,
  ) {
    held.add(file);
    this.#beat = setInterval(() => {
      const now = new Date();
      utimes(file, now, now).catch(() => undefined);
    }, beatMs).unref();
  }

  /** @throws MessageError `buffer_in_use` */
  static async acquire(journal: string, times = usualTimes): Promise<JournalLock> {
    const folder = await realpath(path.dirname(journal));
    const file = path.join(folder, `${path.basename(journal)}.lock`);
    const content = JSON.stringify({
      pid: process.pid,
      place: placeOfProcesses(),
      holder: globalThis.crypto.randomUUID(),
    });
    for (;;) {
      if (held.has(file)) {
        throw inUse(journal, 'this process');
      }
      if (await create(file, content)) {
        return new JournalLock(file, content, times);
      }
      const dead = await awaitDeath(file, journal, times);
      if (dead !== undefined) {
        await takeAway(file, dead);
      }
    }
  }

  /** @throws MessageError `buffer_in_use` when another holder has come meanwhile. */
  async verify(): Promise<void> {
    // Somebody who makes sure that this one lives may have it in the hand for a moment.
    for (let tries = 0; tries < 3; tries += 1) {
      if ((await readFile(this.file, 'utf8').catch(() => '')) === this.content) {
        return;
      }
      await wait(20);
    }
    throw inUse(this.file.replace(/\.lock$/, ''), 'another process, since this one did nothing for too long');
  }

  async release(): Promise<void> {
    if (this.#isReleased) {
      return;
    }
    this.#isReleased = true;
    clearInterval(this.#beat);
    if ((await readFile(this.file, 'utf8').catch(() => '')) === this.content) {
      await rm(this.file, { force: true });
    }
    held.delete(this.file);
  }
}

async function create(file: string, content: string): Promise<boolean> {
  try {
    await writeFile(file, content, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      return false;
    }
    throw error;
  }
}

/**
 * @returns what the lock of a dead holder says; `undefined` when it is gone.
 * @throws MessageError `buffer_in_use` once the holder shows that it lives.
 */
async function awaitDeath(
  file: string,
  journal: string,
  { beatMs, deadAfterMs }: LockTimes,
): Promise<string | undefined> {
  const lookMs = beatMs / 5;
  const first = await look(file);
  for (let waited = 0; ; waited += lookMs) {
    const now = await look(file);
    if (first === undefined || now === undefined) {
      return undefined;
    }
    if (isDead(now.content)) {
      return now.content;
    }
    // Clocks of other machines may be wrong; that a time has changed says enough.
    if (now.touched !== first.touched || now.content !== first.content) {
      throw inUse(journal, `process ${pidIn(now.content) ?? 'unknown'}`);
    }
    if (waited >= deadAfterMs) {
      return now.content;
    }
    await wait(lookMs);
  }
}

async function look(
  file: string,
): Promise<{ readonly content: string; readonly touched: number } | undefined> {
  try {
    const [content, { mtimeMs: touched }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
    return { content, touched };
  } catch {
    return undefined;
  }
}

/** Moved away at once, and looked at there: whoever comes second has another's lock in the hand, and puts it back. */
async function takeAway(file: string, dead: string): Promise<void> {
  const aside = `${file}.${globalThis.crypto.randomUUID()}`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  if ((await readFile(aside, 'utf8')) !== dead) {
    await link(aside, file).catch(() => undefined);
  }
  await rm(aside, { force: true });
}

/** A process number says something among the processes that see each other. */
function isDead(content: string): boolean {
  const pid = pidIn(content);
  if (pid === undefined || pid === process.pid || !content.includes(JSON.stringify(placeOfProcesses()))) {
    return false;
  }
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function pidIn(content: string): number | undefined {
  try {
    const { pid } = JSON.parse(content);
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** The machine, and on Linux the container. */
function placeOfProcesses(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

function inUse(journal: string, by: string): MessageError {
  return new MessageError(
    'buffer_in_use',
    `${journal} is in use by ${by}: a buffer's file belongs to one process at a time`,
  );
}
