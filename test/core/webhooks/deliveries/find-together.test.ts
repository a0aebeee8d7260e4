import { findTogether } from '../../../../core/webhooks/deliveries/find-together';
import { aSubscription } from '../../../support/deliveries';

const topic = { door: 'manage', name: 'orders' } as const;

describe('findTogether', () => {
  it('makes one call of what is asked for in one turn, and a new one afterwards', async () => {
    const calls: string[][] = [];
    const find = findTogether({
      findMany: async (references) => {
        calls.push(references.map(({ id }) => id));
        return new Map([['a', aSubscription({ id: 'a' })]]);
      },
    });
    const found = await Promise.all(['a', 'b', 'a'].map((id) => find({ id, topic })));
    expect(found.map((one) => one?.id)).toEqual(['a', undefined, 'a']);
    await find({ id: 'a', topic });
    expect(calls).toEqual([['a', 'b', 'a'], ['a']]);
  });

  it('fails for those who asked, and for nobody after them', async () => {
    let calls = 0;
    const find = findTogether({
      findMany: async () => {
        calls += 1;
        if (calls === 1) {
          throw new Error('the registry is away');
        }
        return new Map();
      },
    });
    await expect(find({ id: 'a', topic })).rejects.toThrow('the registry is away');
    await expect(find({ id: 'a', topic })).resolves.toBeUndefined();
  });
});
