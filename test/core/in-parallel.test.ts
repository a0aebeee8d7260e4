import { inParallel } from '../../core/in-parallel';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('inParallel', () => {
  it('keeps the order of the items, and never runs more than the limit', async () => {
    let running = 0;
    let most = 0;
    const results = await inParallel(3, [5, 1, 4, 2, 3, 0], async (item) => {
      running += 1;
      most = Math.max(most, running);
      for (let count = 0; count < item; count += 1) {
        await turn();
      }
      running -= 1;
      return item * 10;
    });
    expect(results).toEqual([50, 10, 40, 20, 30, 0]);
    expect(most).toBe(3);
  });

  it('begins nothing after a failure, and waits for what runs', async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const all = inParallel(2, [1, 2, 3, 4], async (item) => {
      begun.push(item);
      await turn();
      if (item === 1) {
        throw new Error('first');
      }
      await turn();
      ended.push(item);
    });
    await expect(all).rejects.toThrow('first');
    expect(begun).toEqual([1, 2]);
    expect(ended).toEqual([2]);
  });

  it('does nothing for nothing', async () => {
    expect(await inParallel(5, [], async () => 1)).toEqual([]);
  });
});
