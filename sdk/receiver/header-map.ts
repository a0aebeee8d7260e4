import type { HeaderSource } from './http';

/** Header names in lower case, whatever form they came in. A map, since senders choose names such as `__proto__`. */
export class HeaderMap {
  private constructor(private readonly lists: ReadonlyMap<string, readonly string[]>) {}

  static from(source: HeaderSource): HeaderMap {
    const lists = new Map<string, string[]>();
    for (const [name, value] of pairsOf(source)) {
      const list = lists.get(name.toLowerCase()) ?? [];
      list.push(...[value].flat().filter((one) => typeof one === 'string'));
      lists.set(name.toLowerCase(), list);
    }
    return new HeaderMap(lists);
  }

  /** The first line of that name, as it came. @param name in lower case. */
  first(name: string): string | undefined {
    return this.lists.get(name)?.[0];
  }

  /** All lines of that name as one list: split at commas, trimmed, without empty items. */
  list(name: string): string[] {
    const items = (this.lists.get(name) ?? []).flatMap((line) => line.split(','));
    return items.map((item) => item.trim()).filter((item) => item !== '');
  }

  /** Several lines of a name are one, with commas between. */
  *entries(): Generator<readonly [name: string, value: string]> {
    for (const [name, list] of this.lists) {
      yield [name, list.join(', ')];
    }
  }

  /** Without a prototype: a header called `constructor` is there only when it was sent. */
  toObject(): Record<string, string> {
    return Object.assign(Object.create(null), Object.fromEntries(this.entries()));
  }
}

function pairsOf(source: HeaderSource): Iterable<readonly [string, string | readonly string[] | undefined]> {
  return Symbol.iterator in source
    ? (source as Iterable<readonly [string, string]>)
    : Object.entries(source as Readonly<Record<string, string | readonly string[] | undefined>>);
}
