import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { ServiceError } from '../../core/errors';

export type Row = Record<string, unknown>;

/** The store refuses longer sort keys, also as the place where a page begins. */
const LONGEST_SORT_BYTES = 1024;

export interface PageOptions<Item> {
  readonly client: DynamoDBDocumentClient;
  readonly tableName: string;
  readonly partition: string;
  readonly limit: number;
  readonly after: string | undefined;
  /** Finds what the rows of the list point at, in their order; `undefined` for what is gone. */
  readonly resolve: (rows: readonly Row[]) => Promise<readonly (Item | undefined)[]>;
}

/**
 * One page of a list whose rows only point at what is listed: a row that points nowhere (its maker crashed, or
 * it is being deleted) takes no place on the page. Consistent.
 */
export async function readPage<Item>(
  options: PageOptions<Item>,
): Promise<{ readonly items: readonly Item[]; readonly next?: string }> {
  const found: { readonly sort: string; readonly item: Item }[] = [];
  let after = options.after === undefined ? undefined : decodeToken(options.after);
  // One more than asked for, so that the last page has no token.
  while (found.length <= options.limit) {
    const { rows, last } = await queryRows(options, options.limit + 1 - found.length, after);
    const items = await options.resolve(rows);
    for (const [index, item] of items.entries()) {
      if (item !== undefined) {
        found.push({ sort: String(rows[index]?.sort), item });
      }
    }
    after = last;
    if (last === undefined) {
      break;
    }
  }
  const page = found.slice(0, options.limit);
  const lastSort = page.at(-1)?.sort;
  const more = found.length > page.length && lastSort !== undefined;
  return { items: page.map(({ item }) => item), ...(more && { next: encodeToken(lastSort) }) };
}

async function queryRows(
  { client, tableName, partition }: PageOptions<unknown>,
  limit: number,
  after: string | undefined,
): Promise<{ rows: Row[]; last: string | undefined }> {
  const { Items, LastEvaluatedKey } = await client.send(
    new QueryCommand({
      TableName: tableName,
      ConsistentRead: true,
      KeyConditionExpression: '#partition = :partition',
      ExpressionAttributeNames: { '#partition': 'partition' },
      ExpressionAttributeValues: { ':partition': partition },
      Limit: limit,
      ...(after !== undefined && { ExclusiveStartKey: { partition, sort: after } }),
    }),
  );
  return { rows: Items ?? [], last: LastEvaluatedKey?.sort as string | undefined };
}

/** The token names a place within the caller's own list, so a forged one leads nowhere else. */
function encodeToken(sort: string): string {
  return Buffer.from(sort).toString('base64url');
}

function decodeToken(token: string): string {
  const sort = Buffer.from(token, 'base64url').toString();
  if (sort === '' || Buffer.byteLength(sort) > LONGEST_SORT_BYTES || encodeToken(sort) !== token) {
    throw new ServiceError('parameter_invalid', '"next" is not a token of this list; take it from its reply');
  }
  return sort;
}
