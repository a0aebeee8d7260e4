import type { BufferRecord } from './buffer-state';
import { Journal, type JournalOptions } from './journal';
import { JournalLock } from './journal-lock';
import type { BufferLimits } from './message-buffer';
import { RecordedBuffer } from './recorded-buffer';

export interface FileBufferOptions extends BufferLimits, JournalOptions {}

/** Node closes a file that nobody refers to, and means to throw when it does: one that nobody has closed stays open. */
const open = new Set<FileBuffer>();

/**
 * A buffer in a file, which outlives the process: a journal of what happens to it, written anew when most of it is
 * past. A file belongs to one process at a time, and another that opens it is refused; several processes have a file
 * each. What a killed process has left is there when the file is opened again.
 *
 * @example
 * ```ts
 * import { FileBuffer, MessageClient } from 'changewire/topics';
 *
 * const buffer = await FileBuffer.open('messages.journal');
 * const client = new MessageClient({ apiUrl: process.env.API_URL ?? '', buffer });
 * const { outcome } = await client.publish('orders', { total: 12.5 });
 * console.log(outcome); // accepted; while the hub is down: stored
 * await client.close();
 * await buffer.close();
 * ```
 */
export class FileBuffer extends RecordedBuffer {
  #journal!: Journal;
  #lock!: JournalLock;

  private constructor(limits: BufferLimits) {
    super(limits);
  }

  /**
   * Opens a buffer, or begins one; its folder must be there. It takes up to ten seconds where a process that cannot be
   * seen, such as one of another container, has not closed it.
   * @throws MessageError `buffer_in_use`, `buffer_invalid` for a file that is none, `configuration_invalid`; and what
   *   the file system says
   */
  static async open(path: string, options: FileBufferOptions = {}): Promise<FileBuffer> {
    const buffer = new FileBuffer(options);
    const lock = await JournalLock.acquire(path);
    try {
      buffer.#journal = await Journal.open(path, buffer.state, () => lock.verify(), options);
    } catch (error) {
      await lock.release();
      throw error;
    }
    buffer.#lock = lock;
    open.add(buffer);
    return buffer;
  }

  /** Once what was begun is written, lets others open the file. */
  async close(): Promise<void> {
    await this.#journal.close();
    await this.#lock.release();
    open.delete(this);
  }

  protected override write(record: BufferRecord): Promise<boolean> {
    return this.#journal.write(record);
  }
}
