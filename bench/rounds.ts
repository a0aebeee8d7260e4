import type { Figure, Plan } from './figure';

/** Takes one sample. @returns what one operation took, in the unit of its case. */
export type Sample = () => number | Promise<number>;

/** A subject, and the floor that it is held against in the same rounds. */
export interface Case {
  readonly name: string;
  readonly budget: number | null;
  readonly unit: string;
  readonly subject: Sample;
  readonly floor?: Sample;
  /** What of the two is the figure. @default the ratio, with the subject as the value */
  readonly figure?: 'ratio' | 'difference';
}

/**
 * Measures a case in rounds, floor and subject in turn, so that whatever else the machine does falls on both. The
 * rounds before those that count warm up: the compiler takes a second or two to be done with what is called often. The ratio is the median of the rounds' ratios.
 */
export async function measure(
  one: Case,
  { rounds, warmUps }: Pick<Plan, 'rounds' | 'warmUps'>,
): Promise<Figure> {
  const { name, budget, unit, floor, subject, figure = 'ratio' } = one;
  const pairs: { readonly floor: number; readonly subject: number }[] = [];
  for (let round = 0; round < warmUps + rounds; round += 1) {
    // Whoever comes second finds warm caches: they take turns.
    const first = round % 2 === 0 ? await floor?.() : undefined;
    const taken = await subject();
    pairs.push({ floor: first ?? (await floor?.()) ?? 0, subject: taken });
  }
  const counted = pairs.slice(warmUps);
  const values = counted.map((pair) => (figure === 'ratio' ? pair.subject : pair.subject - pair.floor));
  const ratios = figure === 'ratio' && floor ? counted.map((pair) => pair.subject / pair.floor) : undefined;
  return {
    name,
    ratio: ratios ? round3(median(ratios)) : null,
    budget,
    value: round3(median(values)),
    unit,
    spread: round3(spread(ratios ?? values)),
  };
}

export async function measureAll(cases: readonly Case[], plan: Plan): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const one of cases) {
    figures.push(await measure(one, plan));
  }
  return figures;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Between two values by how near each is; of none 0. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? 0;
  const above = sorted[Math.ceil(place)] ?? below;
  return below + (above - below) * (place - Math.floor(place));
}

function spread(values: readonly number[]): number {
  const middle = median(values);
  return middle === 0 ? 0 : Math.abs((percentile(values, 0.75) - percentile(values, 0.25)) / middle);
}

/** Digits beyond these are noise. */
function round3(value: number): number {
  return Number(value.toFixed(Math.abs(value) < 10 ? 3 : 1));
}
