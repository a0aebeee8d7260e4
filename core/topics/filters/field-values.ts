export type Scalar = string | number | boolean | null;

/**
 * All that a field of an event holds. A topic may have thousands of filters and a field thousands of elements, so
 * each question is answered without looking at every one of them.
 */
export interface FieldValues {
  readonly scalars: Set<Scalar>;
  /** Objects, and lists within lists: something, but equal to nothing that a filter can name. */
  hasOthers: boolean;
  sorted?: Sorted;
}

interface Sorted {
  readonly texts: readonly string[];
  readonly reversed: readonly string[];
  readonly numbers: readonly number[];
}

/** Numbers from `low` to `high`, both included unless they are open. */
export interface Range {
  readonly low: number;
  readonly isLowOpen?: boolean;
  readonly high: number;
  readonly isHighOpen?: boolean;
}

/** Filters name no longer paths. */
export const MOST_PATH_WORDS = 8;

/** Nor of more characters: many keys below a long one would each repeat it. */
export const LONGEST_PATH = 500;

/**
 * Every path of parsed data, `order.customer.id`, and what lies there. One pass over the data, and no deeper than
 * paths go; a list stands for its elements, those of a list within a list not.
 */
export function indexData(data: unknown): Map<string, FieldValues> {
  const index = new Map<string, FieldValues>();
  let level: [path: string, node: object][] = elementsOf(data)
    .filter(isObject)
    .map((node) => ['', node]);
  for (let words = 1; words <= MOST_PATH_WORDS && level.length > 0; words += 1) {
    const next: typeof level = [];
    for (const [path, node] of level) {
      for (const [key, value] of Object.entries(node)) {
        const before = words === 1 ? '' : `${path}.`;
        if (before.length + key.length > LONGEST_PATH) {
          continue;
        }
        const at = before + key;
        const values = index.get(at) ?? { scalars: new Set(), hasOthers: false };
        index.set(at, values);
        for (const element of elementsOf(value)) {
          if (typeof element !== 'object' || element === null) {
            values.scalars.add(element as Scalar);
          } else {
            values.hasOthers = true;
            if (isObject(element)) {
              next.push([at, element]);
            }
          }
        }
      }
    }
    level = next;
  }
  return index;
}

function elementsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function hasPrefix(values: FieldValues, prefix: string): boolean {
  return leads(sortedOf(values).texts, prefix);
}

export function hasSuffix(values: FieldValues, suffix: string): boolean {
  return leads(sortedOf(values).reversed, reversed(suffix));
}

export function hasNumberWithin(values: FieldValues, { low, isLowOpen, high, isHighOpen }: Range): boolean {
  const { numbers } = sortedOf(values);
  const first = numbers[firstIndex(numbers, (number) => (isLowOpen ? number > low : number >= low))];
  return first !== undefined && (isHighOpen ? first < high : first <= high);
}

export function hasOtherThan({ scalars, hasOthers }: FieldValues, excluded: readonly Scalar[]): boolean {
  const left = new Set(excluded.filter((scalar) => scalars.has(scalar)));
  return hasOthers || scalars.size > left.size;
}

function sortedOf(values: FieldValues): Sorted {
  values.sorted ??= sort([...values.scalars]);
  return values.sorted;
}

function sort(scalars: readonly Scalar[]): Sorted {
  const texts = scalars.filter((scalar) => typeof scalar === 'string');
  const numbers = scalars.filter((scalar) => typeof scalar === 'number');
  return {
    texts: texts.toSorted(),
    reversed: texts.map(reversed).toSorted(),
    numbers: numbers.toSorted((one, other) => (one < other ? -1 : 1)),
  };
}

/** By code units, as texts are sorted. */
function reversed(text: string): string {
  return text.split('').reverse().join('');
}

/** Of sorted texts, those that begin so stand together, from where the beginning itself would stand. */
function leads(sorted: readonly string[], beginning: string): boolean {
  return sorted[firstIndex(sorted, (text) => text >= beginning)]?.startsWith(beginning) ?? false;
}

/** The first that passes, where all after it pass, too. */
function firstIndex<Item>(sorted: readonly Item[], passes: (item: Item) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (passes(sorted[middle] as Item)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}
