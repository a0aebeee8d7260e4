import { createWriteStream, mkdirSync, statSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';

/** A log of one run is kept up to here; a longer one starts anew at the next start. */
const KEPT_LOG_BYTES = 10 * 1024 * 1024;

/** Who wrote a line: a function, or the runner itself. */
const RUNNER = 'local';

/**
 * Everything that functions and the runner say: one file per source, and the caller's `log` when it wants to
 * hear. Nothing goes to the terminal by itself: metrics and log lines of fourteen functions would bury it.
 */
export class Journal {
  private readonly files = new Map<string, WriteStream>();

  constructor(
    readonly directory: string,
    private readonly log: ((line: string) => void) | undefined,
  ) {
    mkdirSync(directory, { recursive: true });
  }

  /** Writes one line of one source. */
  write(source: string, line: string): void {
    this.file(source).write(`${line}\n`);
    this.log?.(`${source} | ${line}`);
  }

  /** A line of the runner itself, with the time. */
  note(line: string): void {
    this.write(RUNNER, `${new Date().toISOString()} ${line}`);
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.files.values()].map((file) => new Promise<void>((resolve) => file.end(() => resolve()))),
    );
    this.files.clear();
  }

  private file(source: string): WriteStream {
    const known = this.files.get(source);
    if (known) {
      return known;
    }
    const path = join(this.directory, `${source}.log`);
    const file = createWriteStream(path, { flags: sizeOf(path) > KEPT_LOG_BYTES ? 'w' : 'a' });
    // A full disk must not end the run: the caller's `log` still hears every line.
    file.on('error', () => undefined);
    this.files.set(source, file);
    return file;
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
