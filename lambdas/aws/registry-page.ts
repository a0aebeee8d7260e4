import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { decodePageToken, encodePageToken, wrongPageToken } from '../../core/page-token';
import { readPartition } from './partition-rows';
import type { Row } from './row';

/** The store refuses longer sort keys, also as the place where a page begins. */
const LONGEST_SORT_BYTES = 1024;

export interface PageOptions<Item> {
  readonly client: DynamoDBDocumentClient;
  readonly tableName: string;
  readonly partition: string;
  readonly limit: number;
  readonly after: string | undefined;
  /** Whether `resolve` leaves out what is there. @default false */
  readonly isFiltered?: boolean;
  /** Finds what the rows of the list point at, in their order; `undefined` for what is gone. */
  readonly resolve: (rows: readonly Row[]) => Promise<readonly (Item | undefined)[]>;
}

/** Where next to none of the rows is listed, a page ends after so many, and the next one goes on. */
const MOST_ROWS_READ = 1000;

/** A row that is not listed costs no further query: so many are read ahead where a list is filtered. */
const ROWS_AT_A_TIME = 100;

/**
 * One page of a list whose rows only point at what is listed: a row that points nowhere (its maker crashed, or
 * it is being deleted), or at what is filtered out, takes no place on the page. Consistent.
 */
export async function readPage<Item>(
  options: PageOptions<Item>,
): Promise<{ readonly items: readonly Item[]; readonly next?: string }> {
  const { client, tableName, partition } = options;
  const found: { readonly sort: string; readonly item: Item }[] = [];
  let after = options.after === undefined ? undefined : placeOf(options.after);
  let read = 0;
  // One more than asked for, so that the last page has no token.
  while (found.length <= options.limit && read < MOST_ROWS_READ) {
    const missing = options.limit + 1 - found.length;
    const count = options.isFiltered ? ROWS_AT_A_TIME : missing;
    const { rows, last } = await readPartition(client, tableName, partition, { limit: count, after });
    const items = await options.resolve(rows);
    for (const [index, item] of items.entries()) {
      if (item !== undefined) {
        found.push({ sort: String(rows[index]?.sort), item });
      }
    }
    read += rows.length;
    after = last;
    if (last === undefined) {
      break;
    }
  }
  const page = found.slice(0, options.limit);
  const next = found.length > page.length ? page.at(-1)?.sort : after;
  return { items: page.map(({ item }) => item), ...(next !== undefined && { next: encodePageToken(next) }) };
}

function placeOf(token: string): string {
  const sort = decodePageToken(token);
  if (sort === undefined || Buffer.byteLength(sort) > LONGEST_SORT_BYTES) {
    throw wrongPageToken();
  }
  return sort;
}
