import type { Door } from './event';
import type { NumberBlocks } from './ports';

/** The doors whose clients know an event by a whole number (contract ADS, section 6). */
const numberedDoors: ReadonlySet<Door> = new Set<Door>(['webhooks']);

/** A write leases so many: the counter costs a fiftieth of a write unit per event. */
const BLOCK_SIZE = 50;

/** What is left of an older block is never given: numbers then follow the time to within this. */
const GOOD_FOR_MILLISECONDS = 60_000;

/** The numbers of events: unique per door, growing, not without gaps. */
export interface EventNumbers {
  /** `undefined` for the doors that know none. */
  next(door: Door): Promise<number | undefined>;
}

interface Block {
  next: number;
  readonly last: number;
  readonly goodUntil: number;
}

/**
 * Gives numbers out of blocks, of which each container leases its own.
 * @param now epoch milliseconds.
 */
export function makeEventNumbers(blocks: NumberBlocks, now: () => number): EventNumbers {
  const leased = new Map<Door, Promise<Block>>();

  return {
    async next(door) {
      if (!numberedDoors.has(door)) {
        return undefined;
      }
      for (;;) {
        const leasing = leased.get(door) ?? leaseAndKeep(door);
        const block = await leasing;
        if (block.next <= block.last && now() < block.goodUntil) {
          block.next += 1;
          return block.next - 1;
        }
        forget(door, leasing);
      }
    },
  };

  /** Those who come while a block is being leased wait for the same one. */
  function leaseAndKeep(door: Door): Promise<Block> {
    const leasing = lease(door);
    leased.set(door, leasing);
    // A failure is not kept: the next event tries again.
    leasing.catch(() => forget(door, leasing));
    return leasing;
  }

  async function lease(door: Door): Promise<Block> {
    const first = await blocks.lease(door, BLOCK_SIZE);
    return { next: first, last: first + BLOCK_SIZE - 1, goodUntil: now() + GOOD_FOR_MILLISECONDS };
  }

  function forget(door: Door, leasing: Promise<Block>): void {
    if (leased.get(door) === leasing) {
      leased.delete(door);
    }
  }
}
