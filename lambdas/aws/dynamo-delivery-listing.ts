import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { decodePageToken, encodePageToken, wrongPageToken } from '../../core/page-token';
import type { Delivery } from '../../core/webhooks/deliveries/delivery';
import type { DeliveryListing, DeliveryPage, DeliveryRange, PageRequest } from '../../core/webhooks/ports';
import { makeDeliveryQueries } from './delivery-queries';
import { createdOrder, deadPartition, subscriptionPartition, toDelivery } from './delivery-row';
import { hasExpired } from './row';

/** Days without any delivery cost a query each: a call passes that many, then the caller goes on. */
const QUERIES_PER_CALL = 40;

/** Where a state is looked for, most rows that are read may be of another. */
const ROWS_PER_QUERY = 100;

/**
 * The lists of deliveries, by the indexes of `lambdas/tables.ts`.
 * @param now epoch milliseconds.
 */
export function makeDynamoDeliveryListing(
  client: DynamoDBDocumentClient,
  tableName: string,
  now: () => number = Date.now,
): DeliveryListing {
  const { query, readRows } = makeDeliveryQueries(client, tableName);
  return { ofSubscription, deadOf };

  /** Day after day, back from the end of the range: the index has a partition for each. */
  async function ofSubscription(
    subscriptionId: string,
    { from, to, state }: DeliveryRange,
    { limit, after }: PageRequest,
  ): Promise<DeliveryPage> {
    let before = after === undefined ? to : parsePlace(after);
    const found: Delivery[] = [];
    for (let queries = 0; queries < QUERIES_PER_CALL && found.length < limit; queries += 1) {
      const day = lastDayBelow(before);
      if (day < from.slice(0, 10)) {
        return { deliveries: found };
      }
      const { items, hasMore } = await query({
        index: 'by-subscription',
        partition: ['subscription_day', subscriptionPartition(subscriptionId, day)],
        sort: ['created_order', '<', before],
        limit: state === undefined ? limit - found.length : ROWS_PER_QUERY,
        backward: true,
      });
      const keys = items.filter(({ created_order }) => String(created_order) >= from);
      const rows = (await readRows(keys)).filter((row) => !hasExpired(row, now())).map(toDelivery);
      found.push(...rows.filter((row) => state === undefined || row.state === state));
      if (keys.length < items.length) {
        return cut(found, limit, undefined);
      }
      before = hasMore ? String(items.at(-1)?.created_order) : `${day}T00:00:00.000Z`;
    }
    return cut(found, limit, lastDayBelow(before) < from.slice(0, 10) ? undefined : before);
  }

  async function deadOf(
    subscriptionId: string,
    { limit, after }: PageRequest,
    since = '',
  ): Promise<DeliveryPage> {
    const { items, hasMore } = await query({
      index: 'by-dead',
      partition: ['dead_shard', deadPartition(subscriptionId)],
      sort: ['dead_at', '<', after === undefined ? LAST : parsePlace(after)],
      limit,
      backward: true,
    });
    const keys = items.filter(({ dead_at }) => String(dead_at) >= since);
    const rows = (await readRows(keys)).map(toDelivery);
    const goesOn = hasMore && keys.length === items.length;
    return {
      // The index lags behind the rows.
      deliveries: rows.filter((row) => row.state === 'dead'),
      ...(goesOn && { next: encodePageToken(String(items.at(-1)?.dead_at)) }),
    };
  }
}

/** Beyond every time. */
const LAST = ':';

/** A query may have brought more than the page holds: the rest comes on the next one. */
function cut(found: readonly Delivery[], limit: number, before: string | undefined): DeliveryPage {
  const deliveries = found.slice(0, limit);
  const last = deliveries.at(-1);
  const next = found.length > limit && last ? createdOrder(last) : before;
  return { deliveries, ...(next !== undefined && { next: encodePageToken(next) }) };
}

/** The day of the latest moment before a place; a bare time is an exclusive bound. */
function lastDayBelow(place: string): string {
  const isBare = !place.includes('#');
  const time = Date.parse(place.slice(0, ISO_LENGTH));
  return new Date(isBare ? time - 1 : time).toISOString().slice(0, 10);
}

const ISO_LENGTH = '2026-11-20T00:00:00.000Z'.length;

/** `<ISO time>#<digest>`, the sort key of the indexes by time, or the beginning of a day. */
function parsePlace(token: string): string {
  const text = decodePageToken(token) ?? '';
  const isPlace = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z(#dlv_[\w-]{24})?$/.test(text);
  if (!isPlace || Number.isNaN(Date.parse(text.slice(0, ISO_LENGTH)))) {
    throw wrongPageToken();
  }
  return text;
}
