import type { BufferRecord } from './buffer-state';
import type { BufferLimits } from './message-buffer';
import { RecordedBuffer } from './recorded-buffer';

/**
 * A buffer of this process: what it holds is gone when the process is.
 *
 * @example
 * ```ts
 * import { MemoryBuffer, MessageClient } from 'changewire/topics';
 *
 * const buffer = new MemoryBuffer({ maxMessages: 1_000 });
 * const client = new MessageClient({ apiUrl: process.env.API_URL ?? '', buffer });
 * await client.publish('orders', { total: 12.5 });
 * console.log((await buffer.stats()).waiting); // 0
 * ```
 */
export class MemoryBuffer extends RecordedBuffer {
  /** @throws MessageError `configuration_invalid` */
  constructor(limits: BufferLimits = {}) {
    super(limits);
  }

  protected override async write(record: BufferRecord): Promise<boolean> {
    return this.state.apply(record);
  }
}
