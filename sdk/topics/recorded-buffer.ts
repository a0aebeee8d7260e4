import { type BufferRecord, BufferState } from './buffer-state';
import type { Message } from './message';
import type { BufferLimits, BufferStats, MessageBuffer, RefusedMessage } from './message-buffer';

/** A buffer that is what has happened to it, wherever that is written down. */
export abstract class RecordedBuffer implements MessageBuffer {
  protected readonly state: BufferState;

  protected constructor(limits: BufferLimits) {
    this.state = new BufferState(limits);
  }

  /** Resolves when the record lasts, and has been applied to the state. */
  protected abstract write(record: BufferRecord): Promise<boolean>;

  async append(messages: readonly Message[]): Promise<void> {
    const { fresh, release } = this.state.reserve(messages);
    try {
      if (fresh.length > 0) {
        await this.write({ put: fresh });
      }
    } finally {
      release();
    }
  }

  async waiting(
    options: { readonly topic?: string; readonly limit?: number } = {},
  ): Promise<readonly Message[]> {
    return this.state.waiting(options.topic, options.limit);
  }

  async waitingTopics(): Promise<readonly string[]> {
    return this.state.waitingTopics();
  }

  async refused(options: { readonly limit?: number } = {}): Promise<readonly RefusedMessage[]> {
    return this.state.refused(options.limit);
  }

  async refuse(
    id: string,
    { reason, status }: { readonly reason: string; readonly status: number },
  ): Promise<void> {
    await this.write({ refuse: id, reason, status, at: new Date().toISOString() });
  }

  retry(id: string): Promise<boolean> {
    return this.write({ retry: id });
  }

  remove(id: string): Promise<boolean> {
    return this.write({ remove: id });
  }

  async replace(id: string, messages: readonly Message[]): Promise<void> {
    await this.write({ replace: id, by: messages });
  }

  async stats(): Promise<BufferStats> {
    return this.state.stats();
  }
}
