import { unitBudgets } from '../../bench/cost';
import { type Costs, countCosts } from '../../bench/count-costs';
import { writeUnits } from '../../bench/index-units';

const text = (length: number) => ({ S: 'x'.repeat(length) });

describe('what a change, an event and a delivery cost', () => {
  let costs: Costs;

  beforeAll(async () => {
    costs = await countCosts();
  }, 60_000);

  it.each(Object.entries(unitBudgets))(
    'a %s takes %i write units at most, indexes included',
    (thing, most) => {
      const { writeUnits: units } = costs[thing as keyof Costs];
      expect(units).toBeGreaterThan(0);
      expect(units).toBeLessThanOrEqual(most);
    },
  );

  // Whoever adds a call to a path that is taken a million times a day should know it.
  it('and no more requests than these', () => {
    const { change, event, delivery } = costs;
    expect(change).toMatchObject({ readUnits: 3, kinesisPuts: 2, sqsRequests: 0, lambdaRequests: 2 });
    expect(event).toMatchObject({ readUnits: 2, kinesisPuts: 1, sqsRequests: 1, lambdaRequests: 2 });
    expect(delivery).toMatchObject({ readUnits: 2, kinesisPuts: 0, sqsRequests: 2, lambdaRequests: 1 });
  });
});

describe('the units of a write', () => {
  const profile = (changes = {}) => ({ user_id: { S: 'ada' }, uuid: { S: 'u-1' }, ...changes });

  it('count the larger of what was there and what comes, by the kilobyte', () => {
    const row = (length: number) => ({
      sequence_number: { S: '1' },
      shard_id: { S: 'a' },
      text: text(length),
    });
    expect(writeUnits('change-statuses', undefined, row(10))).toBe(1);
    expect(writeUnits('change-statuses', row(3000), row(10))).toBe(3);
    expect(writeUnits('change-statuses', row(10), undefined)).toBe(1);
  });

  it('count an entry for each index that the item is new to', () => {
    expect(writeUnits('profiles', undefined, profile())).toBe(2);
    expect(writeUnits('profiles', undefined, profile({ primary_email: { S: 'a@example.org' } }))).toBe(3);
  });

  it('count two where a key of an index changes, and none where it stays', () => {
    expect(writeUnits('profiles', profile(), profile({ uuid: { S: 'u-2' } }))).toBe(3);
    expect(writeUnits('profiles', profile(), profile({ version: { N: '2' } }))).toBe(1);
  });

  it('count one where an attribute changes that the index holds beside its keys', () => {
    const listed = (active: boolean) => profile({ connection_method: { S: 'ad' }, active: { BOOL: active } });
    expect(writeUnits('profiles', listed(true), listed(false))).toBe(2);
  });
});
