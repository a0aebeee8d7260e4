import { countCosts } from './count-costs';
import type { Bench, Figure } from './figure';
import { type Counts, type Priced, priceOf } from './prices';

/** Write units, indexes included. */
export const unitBudgets = { change: 8, event: 3, delivery: 3 } as const;

const words: Readonly<Record<Priced, string>> = {
  writeUnits: 'write units',
  readUnits: 'read units',
  kinesisPuts: 'Kinesis payload units',
  sqsRequests: 'SQS requests',
  lambdaRequests: 'Lambda requests',
};

export const cost: Bench = {
  name: 'cost',
  measures:
    'what a two-attribute change of a 25 kB profile, an event and a delivery have AWS do, each sent alone',
  floor:
    'none; counted on the emulators, indexes by the definitions of the tables, priced by bench/prices.ts',
  async run() {
    const costs = await countCosts();
    const things = Object.keys(unitBudgets) as (keyof typeof unitBudgets)[];
    return things.flatMap((thing) => figuresOf(thing, costs[thing], unitBudgets[thing]));
  },
};

function figuresOf(thing: string, counts: Counts, budget: number): readonly Figure[] {
  const figure = (name: string, value: number, unit: string, most: number | null = null): Figure => ({
    ...{ name, ratio: null, budget: most, value: Number(value.toFixed(3)), unit, spread: 0 },
  });
  const { writeUnits, ...others } = counts;
  return [
    figure(`cost/${thing}`, writeUnits, words.writeUnits, budget),
    ...Object.entries(others).map(([name, count]) =>
      figure(
        `cost/${thing}/${words[name as Priced].toLowerCase().replaceAll(' ', '-')}`,
        count,
        words[name as Priced],
      ),
    ),
    figure(`cost/${thing}/price`, priceOf(counts), 'US dollars a million'),
  ];
}
