import { type FileHandle, open, readFile, rm } from 'node:fs/promises';
import { PublisherError } from './errors';

/** One change that the server has accepted. */
export interface JournalEntry {
  /** Names the change within its run; made by `publishAll`. */
  readonly key: string;
  readonly sequenceNumber: string;
}

/**
 * What one run has had accepted, so that a run that was interrupted sends only the rest. `publishAll` asks and
 * tells; keep it in a file ({@link FileJournal}) or in a store of your own.
 */
export interface RunJournal {
  /** The sequence number that the change was accepted under; `undefined` when it was not. */
  find(key: string): string | undefined | Promise<string | undefined>;
  /** Resolves when the entries would survive a power cut. */
  record(entries: readonly JournalEntry[]): Promise<void>;
}

/**
 * A journal in a file, one line of JSON for each accepted change; it holds digests and sequence numbers, nothing
 * of the profiles. One file is for one run, and for one process at a time: {@link finish} removes it when the run
 * is through, so that the next run sends everything anew.
 */
export class FileJournal implements RunJournal {
  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
    private readonly known: Map<string, string>,
  ) {}

  /**
   * Opens the journal of an interrupted run, or begins one.
   * @throws PublisherError `journal_invalid` for a file that is no journal, and what the file system says.
   */
  static async open(path: string): Promise<FileJournal> {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') {
        return '';
      }
      throw error;
    });
    const known = parseJournal(text, path);
    const file = await open(path, 'a', 0o600);
    if (text !== '' && !text.endsWith('\n')) {
      // The line that a crash has cut off must not swallow the next one.
      await file.appendFile('\n');
    }
    return new FileJournal(path, file, known);
  }

  find(key: string): string | undefined {
    return this.known.get(key);
  }

  async record(entries: readonly JournalEntry[]): Promise<void> {
    const lines = entries.map(
      ({ key, sequenceNumber }) => `${JSON.stringify({ key, sequence_number: sequenceNumber })}\n`,
    );
    await this.file.appendFile(lines.join(''));
    await this.file.datasync();
    for (const { key, sequenceNumber } of entries) {
      this.known.set(key, sequenceNumber);
    }
  }

  /** Closes the file and keeps it: the run goes on later. */
  async close(): Promise<void> {
    await this.file.close();
  }

  /** Closes and removes the file: the run is through. */
  async finish(): Promise<void> {
    await this.file.close();
    await rm(this.path, { force: true });
  }
}

/** A line that was cut off counts for nothing: its change is sent again, which is harmless. */
function parseJournal(text: string, path: string): Map<string, string> {
  const entries = text
    .split('\n')
    .filter((line) => line !== '')
    .map(parseLine);
  const readable = entries.filter((entry) => entry !== undefined);
  const isCutOff = entries.length === 1 && isBeginningOfLine(text);
  if (readable.length === 0 && entries.length > 0 && !isCutOff) {
    throw new PublisherError('journal_invalid', `${path} is no journal of a run: choose another file`);
  }
  return new Map(readable);
}

/** What a crash may leave of the very first line; another file must not be taken over, and removed in the end. */
function isBeginningOfLine(text: string): boolean {
  const opening = '{"key":"';
  return text.startsWith(opening) || opening.startsWith(text.trimEnd());
}

function parseLine(line: string): readonly [string, string] | undefined {
  try {
    const { key, sequence_number: sequenceNumber } = JSON.parse(line);
    return typeof key === 'string' && typeof sequenceNumber === 'string' ? [key, sequenceNumber] : undefined;
  } catch {
    return undefined;
  }
}
