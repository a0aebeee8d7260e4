import { createHash } from 'node:crypto';

/** Numbers that look random and follow from a seed alone. Not for secrets. */
export interface SeededNumbers {
  /** From 0 (inclusive) to 1 (exclusive). */
  next(): number;
  /** Both bounds included. */
  whole(least: number, most: number): number;
  /** @param items at least one. */
  pick<Item>(items: readonly Item[]): Item;
  /** So many different ones, in the order of the list. */
  some<Item>(items: readonly Item[], count: number): Item[];
  /** @param probability 0 to 1. */
  isLikely(probability: number): boolean;
  /** So many characters of the alphabet. */
  text(length: number, alphabet?: string): string;
}

/** The same seed gives the same numbers in the same order, on every machine. */
export function seededNumbers(seed: string): SeededNumbers {
  const next = mulberry32(createHash('sha256').update(seed).digest().readUInt32LE(0));
  const whole = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    whole,
    pick: <Item>(items: readonly Item[]) => items[whole(0, items.length - 1)] as Item,
    some(items, count) {
      const left = items.map((_, index) => index);
      const chosen = Array.from({ length: Math.min(count, items.length) }, () =>
        left.splice(whole(0, left.length - 1), 1),
      );
      const indexes = new Set(chosen.flat());
      return items.filter((_, index) => indexes.has(index));
    },
    isLikely: (probability) => next() < probability,
    text: (length, alphabet = '0123456789abcdef') =>
      Array.from({ length }, () => alphabet[whole(0, alphabet.length - 1)]).join(''),
  };
}

/** Tommy Ettinger's generator of 32 bits of state: small, fast, and even enough for sample data. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
