import type { Api } from './api';

/**
 * A list of the manage door, page after page.
 * @param options.member what a page calls its items.
 * @param options.atMost no page is asked for beyond so many items. @default all of them
 */
export async function readList<Item>(
  api: Api,
  path: string,
  options: {
    readonly member: string;
    readonly query?: Readonly<Record<string, string>>;
    readonly atMost?: number;
  },
): Promise<Item[]> {
  const { member, query, atMost = Number.POSITIVE_INFINITY } = options;
  const found: Item[] = [];
  let next: string | undefined;
  do {
    const page = (await api.call('GET', path, { query: { ...query, next } })) as Page<Item>;
    found.push(...(page[member] as Item[]));
    next = page.next;
  } while (next !== undefined && found.length < atMost);
  return found.slice(0, atMost);
}

interface Page<Item> {
  readonly next?: string;
  readonly [member: string]: Item[] | string | undefined;
}
