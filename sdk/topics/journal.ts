import { appendFile, type FileHandle, open, rename, rm } from 'node:fs/promises';
import { type BufferRecord, type BufferState, isBufferRecord } from './buffer-state';
import { MessageError } from './errors';
import { openOrBegin, syncFolder, writeAt } from './journal-file';

export interface JournalOptions {
  /**
   * When the disk is told to keep what was written: before each promise resolves, so that it survives a power cut;
   * every second; or when the system likes. A killed process loses nothing in any of them. @default always
   */
  readonly sync?: 'always' | 'every_second' | 'never';
}

/** The first line, by which a file is known; other files are not touched. */
const HEADER = `{"journal":"changewire/topics","v":1}\n`;

/** Below it, writing anew saves nothing. */
const MIN_COMPACTED_BYTES = 1_000_000;

interface Waiting {
  readonly record: BufferRecord;
  readonly line: Buffer;
  readonly resolve: (changed: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A file with one line for each record. A line counts once it ends; what a crash has cut off is taken away. What is
 * written at the same time shares one write and one sync.
 */
export class Journal {
  readonly #queue: Waiting[] = [];
  #isWorking = false;
  #working: Promise<void> | undefined;
  #length = 0;
  /** As long as the file was when it was last written anew. */
  #compactedLength = 0;
  #syncTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  private constructor(
    private readonly path: string,
    private file: FileHandle,
    private readonly state: BufferState,
    private readonly verify: () => Promise<void>,
    private readonly sync: NonNullable<JournalOptions['sync']>,
  ) {}

  /**
   * Reads a journal into the state, or begins one.
   * @param verify is called before each write; throws when the file has become somebody else's.
   * @throws MessageError `buffer_invalid`
   */
  static async open(
    path: string,
    state: BufferState,
    verify: () => Promise<void>,
    { sync = 'always' }: JournalOptions = {},
  ): Promise<Journal> {
    await rm(besides(path), { force: true });
    const file = await openOrBegin(path);
    const journal = new Journal(path, file, state, verify, sync);
    try {
      await journal.#read();
    } catch (error) {
      await file.close();
      throw error;
    }
    return journal;
  }

  /** Resolves when the record is written, as `sync` says, and applied. @returns whether it changed anything. */
  write(record: BufferRecord): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(new MessageError('configuration_invalid', `${this.path} was closed`));
        return;
      }
      this.#queue.push({ record, line: lineOf(record), resolve, reject });
      if (!this.#isWorking) {
        this.#working = this.#work();
      }
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) {
      return;
    }
    this.#isClosed = true;
    await this.#working;
    clearTimeout(this.#syncTimer);
    await this.file.datasync().finally(() => this.file.close());
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0);
      try {
        await this.#append(Buffer.concat(batch.map(({ line }) => line)));
        for (const { record, resolve } of batch) {
          resolve(this.state.apply(record));
        }
      } catch (error) {
        for (const { reject } of batch) {
          reject(error);
        }
      }
      await this.#compactIfDue();
    }
    this.#isWorking = false;
  }

  /** All of it, or nothing: a full disk must not leave half a line for the next one to end. */
  async #append(bytes: Buffer): Promise<void> {
    await this.verify();
    try {
      await writeAt(this.file, bytes, this.#length);
      if (this.sync === 'always') {
        await this.file.datasync();
      }
    } catch (error) {
      await this.file.truncate(this.#length).catch(() => undefined);
      throw error;
    }
    this.#length += bytes.length;
    if (this.sync === 'every_second') {
      this.#syncTimer ??= setTimeout(() => this.#syncNow(), 1_000).unref();
    }
  }

  #syncNow(): void {
    this.#syncTimer = undefined;
    this.file.datasync().catch(() => undefined);
  }

  async #read(): Promise<void> {
    const bytes = await this.file.readFile();
    const text = bytes.toString('utf8');
    if (!text.startsWith(HEADER) && !HEADER.startsWith(text)) {
      throw new MessageError('buffer_invalid', `${this.path} is no buffer of messages: choose another file`);
    }
    const end = bytes.lastIndexOf('\n') + 1;
    const damaged: string[] = [];
    for (const line of bytes.subarray(0, end).toString('utf8').slice(HEADER.length).split('\n')) {
      if (line !== '' && !applyLine(line, this.state)) {
        damaged.push(line);
      }
    }
    if (damaged.length > 0) {
      // The disk has spoilt them. Somebody may be able to read them; the others go on.
      await appendFile(`${this.path}.damaged`, `${damaged.join('\n')}\n`, { mode: 0o600 });
    }
    this.#length = end;
    await this.file.truncate(end);
    if (end === 0) {
      await this.#append(Buffer.from(HEADER));
      await syncFolder(this.path);
    } else if (damaged.length > 0) {
      await this.#compact();
    }
  }

  async #compactIfDue(): Promise<void> {
    const due = Math.max(MIN_COMPACTED_BYTES, 2 * this.#compactedLength, 3 * this.state.bytes);
    if (this.#length > due) {
      // It is no harm if it does not work: the journal is whole, and longer.
      await this.#compact().catch(() => {
        this.#compactedLength = this.#length;
      });
    }
  }

  /** Writes the state into a new file, which takes the old one's place at once or not at all. */
  async #compact(): Promise<void> {
    await this.verify();
    const newPath = besides(this.path);
    const file = await open(newPath, 'w+', 0o600);
    try {
      let length = await writeAt(file, Buffer.from(HEADER), 0);
      for (const record of this.state.snapshot()) {
        length += await writeAt(file, lineOf(record), length);
      }
      await file.datasync();
      await rename(newPath, this.path);
      await syncFolder(this.path);
      const old = this.file;
      this.file = file;
      this.#length = length;
      this.#compactedLength = length;
      await old.close();
    } catch (error) {
      if (this.file !== file) {
        await file.close();
        await rm(newPath, { force: true });
      }
      throw error;
    }
  }
}

/** @returns whether the line is one of a journal. */
function applyLine(line: string, state: BufferState): boolean {
  try {
    const record: unknown = JSON.parse(line);
    if (isBufferRecord(record)) {
      state.apply(record);
      return true;
    }
    return false;
  } catch {
    return false;
  }
}

function lineOf(record: BufferRecord): Buffer {
  return Buffer.from(`${JSON.stringify(record)}\n`);
}

/** Where a journal is written anew. */
function besides(file: string): string {
  return `${file}.compacting`;
}
