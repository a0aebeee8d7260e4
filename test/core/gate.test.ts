import fc from 'fast-check';
import { makeGate } from '../../core/gate';
import { inChunks } from '../../core/in-chunks';

describe('makeGate', () => {
  it('lets so many through at a time and no more, failures included, and everyone in the end', async () => {
    const gate = makeGate(3);
    let inside = 0;
    let most = 0;
    const calls = Array.from({ length: 20 }, (_, index) =>
      gate(async () => {
        inside += 1;
        most = Math.max(most, inside);
        await new Promise((resolve) => setTimeout(resolve, index % 4));
        inside -= 1;
        if (index % 5 === 0) {
          throw new Error('failed');
        }
        return index;
      }),
    );
    const settled = await Promise.allSettled(calls);
    expect(most).toBe(3);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(16);
    await expect(gate(async () => 'still open')).resolves.toBe('still open');
  });
});

describe('inChunks', () => {
  it('keeps every item in order, in chunks that are full but for the last', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 7 }), (items, size) => {
        const chunks = [...inChunks(items, size)];
        expect(chunks.flat()).toEqual(items);
        expect(chunks.slice(0, -1).every((chunk) => chunk.length === size)).toBe(true);
        expect(chunks.every((chunk) => chunk.length > 0)).toBe(true);
      }),
    );
  });
});
