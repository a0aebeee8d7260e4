import { pageToken } from './page-token';
import type { PersonDirectory, StoredPerson } from './ports';

/** One page of a list of people. */
export interface PeoplePage<Item> {
  readonly items: readonly Item[];
  /** Where the next page begins; `undefined` when this was the last one. */
  readonly next?: string;
}

/** What one call may cost, however many people there are. */
export interface PageBounds {
  /** Items of a page, at most. */
  readonly items: number;
  /** Rows read for it, at most: when few of them match, the page is short, or even empty, and has a `next`. */
  readonly rows: number;
  /** Rows of one read of the store. */
  readonly rowsPerRead: number;
}

/**
 * A reply of a Lambda function holds 6 MB, in which the body is a string: each quote in it takes two bytes. The rest
 * is room for the envelope.
 */
const MAX_BODY_BYTES = 5_000_000;

/**
 * One page: what `select` makes of the stored people after a place, in the store's order, without those of whom it
 * makes nothing. It ends where one of the bounds, or the size of a reply, is reached; the first item of a page is
 * always on it.
 */
export async function collectPeople<Item>(
  directory: Pick<PersonDirectory, 'readProfiles'>,
  bounds: PageBounds,
  after: string | undefined,
  select: (person: StoredPerson) => Item | undefined,
): Promise<PeoplePage<Item>> {
  const items: Item[] = [];
  let bytes = 0;
  let place = after;
  for (let rows = 0; rows < bounds.rows && items.length < bounds.items; rows += bounds.rowsPerRead) {
    const stretch = await directory.readProfiles({ after: place, limit: bounds.rowsPerRead });
    for (const [index, person] of stretch.items.entries()) {
      const item = select(person);
      bytes += item === undefined ? 0 : bytesInReply(item);
      if (item !== undefined && items.length > 0 && bytes > MAX_BODY_BYTES) {
        return pageUpTo(place);
      }
      items.push(...(item === undefined ? [] : [item]));
      place = person.userId;
      if (items.length >= bounds.items && index < stretch.items.length - 1) {
        return pageUpTo(place);
      }
    }
    place = stretch.last;
    if (place === undefined) {
      break;
    }
  }
  return pageUpTo(place);

  function pageUpTo(last: string | undefined): PeoplePage<Item> {
    return { items, ...(last !== undefined && { next: pageToken(last) }) };
  }
}

/** As a string within JSON, which is how a function's body travels. */
function bytesInReply(item: unknown): number {
  return Buffer.byteLength(JSON.stringify(JSON.stringify(item)));
}
