/**
 * Remembers which webhooks have been handled. Implement it on what your instances share (a table with a conditional put,
 * `SET NX`); each step must be atomic.
 */
export interface IdempotencyStore {
  /**
   * `begun`: nobody has had this id, it is yours. `running`: somebody is at it. `finished`: it is done.
   * @param leaseSeconds after which a `running` that has never ended may be begun again: its process has died.
   */
  begin(id: string, leaseSeconds: number): Promise<'begun' | 'running' | 'finished'>;
  /** Keeps the id for that long. */
  finish(id: string, rememberSeconds: number): Promise<void>;
  /**
   * It has failed: the next try begins it again. What is finished stays so: whoever is later than the lease may fail
   * after another one has done it.
   */
  abandon(id: string): Promise<void>;
}

/** A day of a busy receiver, in some 10 MB. */
const MAX_IDS = 100_000;

/** For one process; it forgets when that ends. The oldest ids go first when there are too many. */
export class MemoryIdempotencyStore implements IdempotencyStore {
  private readonly entries = new Map<string, { readonly isFinished: boolean; readonly until: number }>();

  /** @param now epoch seconds. */
  constructor(
    private readonly now: () => number = () => Date.now() / 1000,
    private readonly maxIds = MAX_IDS,
  ) {}

  async begin(id: string, leaseSeconds: number): Promise<'begun' | 'running' | 'finished'> {
    const entry = this.entries.get(id);
    if (entry && entry.until > this.now()) {
      return entry.isFinished ? 'finished' : 'running';
    }
    this.put(id, false, leaseSeconds);
    return 'begun';
  }

  async finish(id: string, rememberSeconds: number): Promise<void> {
    this.put(id, true, rememberSeconds);
  }

  async abandon(id: string): Promise<void> {
    if (!this.entries.get(id)?.isFinished) {
      this.entries.delete(id);
    }
  }

  private put(id: string, isFinished: boolean, seconds: number): void {
    this.entries.delete(id);
    this.entries.set(id, { isFinished, until: this.now() + seconds });
    for (const [oldest] of this.entries) {
      if (this.entries.size <= this.maxIds) {
        break;
      }
      this.entries.delete(oldest);
    }
  }
}
