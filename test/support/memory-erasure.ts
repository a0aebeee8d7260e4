import type { ChangeStatus } from '../../core/change/change';
import type { Erasure } from '../../core/erasure/erasure';
import type { ErasableEvents, ErasableStatuses, ErasureStore, KeptRow } from '../../core/erasure/ports';
import { positionKey, type StreamRecord } from '../../core/stream-record';
import type { MemoryEventHistory, MemoryFanOutMarkers, MemoryUnprocessableRecords } from './memory-dispatch';

/** The table of erasures in memory. */
export function makeMemoryErasureStore(): ErasureStore & { readonly rows: ReadonlyMap<string, Erasure> } {
  const rows = new Map<string, Erasure>();
  return {
    rows,
    read: async (id) => structuredClone(rows.get(id)),
    async write(erasure) {
      if ((rows.get(erasure.id)?.version ?? 0) !== erasure.version - 1) {
        return 'conflict';
      }
      rows.set(erasure.id, structuredClone(erasure));
      return 'written';
    },
    async open(limit) {
      const working = [...rows.values()].filter((erasure) => erasure.state === 'working');
      const oldest = working.sort((a, b) => (a.requestedAt < b.requestedAt ? -1 : 1)).slice(0, limit);
      return structuredClone(oldest);
    },
  };
}

/** @param perPage so few that every erasure turns pages. */
export function makeMemoryErasableStatuses(
  recorded: Map<string, ChangeStatus>,
  perPage = 3,
): ErasableStatuses {
  return {
    async scan(userId, after) {
      const { page, next } = pageOf([...recorded], after, perPage);
      const found = page.map(([, status]) => status).filter((status) => status.userId === userId);
      return { found: found.map(({ sequenceNumber, shardId }) => ({ sequenceNumber, shardId })), ...next };
    },
    async removeUser(position, userId) {
      const status = recorded.get(positionKey(position));
      if (status?.userId === userId) {
        const { userId: _, text: __, ...rest } = status;
        recorded.set(positionKey(position), rest);
      }
    },
  };
}

export function makeMemoryErasableEvents(
  stores: {
    readonly markers: MemoryFanOutMarkers;
    readonly history: MemoryEventHistory;
    readonly unprocessable: MemoryUnprocessableRecords;
  },
  perPage = 3,
): ErasableEvents {
  const { markers, history, unprocessable } = stores;
  return {
    async scan(after) {
      const events = [...history.rows].map(
        ([order, event]) => [`event ${order}`, { kind: 'event', order, event }] as const,
      );
      const records = [...unprocessable.records].map(
        ([key, record]) => [`record ${key}`, keptRecord(record)] as const,
      );
      const { page, next } = pageOf<KeptRow>([...events, ...records], after, perPage);
      return { rows: page.map(([, row]) => row), ...next };
    },
    async flagMarker(eventId) {
      const marker = markers.markers.get(eventId);
      if (marker) {
        markers.markers.set(eventId, { ...marker, erased: true });
      }
      return markers.markers.get(eventId);
    },
    async removeEvent({ order, event }) {
      if (history.rows.get(order)?.id === event.id) {
        history.rows.delete(order);
      }
    },
    async emptyRecord({ shardId, sequenceNumber }) {
      const key = `${shardId}/${sequenceNumber}`;
      const record = unprocessable.records.get(key);
      if (record) {
        unprocessable.records.set(key, { ...record, partitionKey: '', data: new Uint8Array() });
      }
    },
  };
}

function keptRecord({ shardId, sequenceNumber, partitionKey, data }: StreamRecord): KeptRow {
  const position = { shardId, sequenceNumber };
  return { kind: 'unprocessable', position, partitionKey, ...(data.length > 0 && { data }) };
}

/** In the order of the keys, which deletions between two pages do not disturb. */
function pageOf<Row>(
  rows: readonly (readonly [key: string, row: Row])[],
  after: string | undefined,
  perPage: number,
): { readonly page: readonly (readonly [string, Row])[]; readonly next: { readonly next?: string } } {
  const rest = [...rows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .filter(([key]) => after === undefined || key > after);
  const page = rest.slice(0, perPage);
  const last = page.at(-1)?.[0];
  return { page, next: last !== undefined && rest.length > perPage ? { next: last } : {} };
}
