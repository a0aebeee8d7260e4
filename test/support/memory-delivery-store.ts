import { type Delivery, type DeliveryKey, deliveryId } from '../../core/webhooks/deliveries/delivery';
import { deliveryDigest } from '../../core/webhooks/deliveries/delivery-id';
import { countByRun, type DeliveryTally } from '../../core/webhooks/deliveries/delivery-tally';
import type { DeliveryListing, DeliveryPage, DeliveryStore, PageRequest } from '../../core/webhooks/ports';

/** The deliveries table in memory; `writes` keeps every row that was ever written, oldest first. */
export function makeMemoryDeliveryStore(): DeliveryStore &
  DeliveryListing &
  DeliveryTally & { writes: Delivery[]; rows(): Delivery[] } {
  const rows = new Map<string, Delivery>();
  const writes: Delivery[] = [];
  const all = () => [...rows.values()];
  return {
    writes,
    rows: all,
    async read(key: DeliveryKey) {
      return structuredClone(rows.get(deliveryId(key)));
    },
    async write(delivery) {
      const found = rows.get(deliveryId(delivery));
      if ((found?.version ?? 0) !== delivery.version - 1) {
        return 'conflict';
      }
      rows.set(deliveryId(delivery), structuredClone(delivery));
      writes.push(structuredClone(delivery));
      return 'written';
    },
    async ofEvent(eventId, page) {
      return pageOf(
        all().filter((row) => row.eventId === eventId),
        page,
        deliveryId,
      );
    },
    async tally(eventId) {
      return countByRun(all().filter((row) => row.eventId === eventId));
    },
    async ofSubscription(id, { from, to, state }, page) {
      const found = all().filter(
        (row) =>
          row.subscriptionId === id &&
          row.createdAt >= from &&
          row.createdAt < to &&
          (state === undefined || row.state === state),
      );
      return pageOf(found, page, (row) => `${row.createdAt}#${deliveryDigest(row)}`, true);
    },
    async deadOf(id, page, since = '') {
      const found = all().filter(
        (row) => row.state === 'dead' && row.subscriptionId === id && String(row.endedAt) >= since,
      );
      return pageOf(found, page, (row) => `${row.endedAt}#${deliveryDigest(row)}`, true);
    },
    async paused(id, page) {
      const found = all().filter(
        (row) => row.state === 'pending' && row.subscriptionId === id && row.pausedAt !== undefined,
      );
      return pageOf(found, page, (row) => `${row.order}#${deliveryDigest(row)}`);
    },
    async due(shard, by, limit) {
      // One shard is enough for what is promised.
      const found = all().filter((row) => shard === 0 && row.state === 'pending' && row.dueAt !== undefined);
      return found
        .filter(({ dueAt }) => String(dueAt) <= by)
        .sort((a, b) => (String(a.dueAt) < String(b.dueAt) ? -1 : 1))
        .slice(0, limit);
    },
  };
}

function pageOf(
  found: Delivery[],
  { limit, after }: PageRequest,
  sortKey: (row: Delivery) => string,
  backward = false,
): DeliveryPage {
  const sorted = found.sort((a, b) => (sortKey(a) < sortKey(b) !== backward ? -1 : 1));
  const rest = sorted.filter((row) => after === undefined || sortKey(row) > after !== backward);
  const remaining = after === undefined ? rest : rest.filter((row) => sortKey(row) !== after);
  const deliveries = remaining.slice(0, limit);
  const last = deliveries.at(-1);
  return { deliveries, ...(last && remaining.length > limit && { next: sortKey(last) }) };
}
