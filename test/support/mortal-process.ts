/**
 * A function's container that can be made to die right after its n-th write: from then on it reads and
 * writes nothing, as if it had run out of memory there.
 */
export class MortalProcess {
  writes = 0;
  private diesAfter = Number.POSITIVE_INFINITY;
  private dead = false;

  /** Lives again; dies after so many more writes. */
  revive(diesAfter = Number.POSITIVE_INFINITY): void {
    this.writes = 0;
    this.diesAfter = diesAfter;
    this.dead = diesAfter === 0;
  }

  async read<T>(act: () => T): Promise<T> {
    await this.breathe();
    return act();
  }

  async write<T>(act: () => T): Promise<T> {
    await this.breathe();
    const result = act();
    this.writes += 1;
    if (this.writes >= this.diesAfter) {
      this.dead = true;
    }
    await this.breathe();
    return result;
  }

  private async breathe(): Promise<void> {
    await Promise.resolve();
    if (this.dead) {
      throw new Error('the process is dead');
    }
  }
}
