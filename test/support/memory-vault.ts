import type { ChangeStatus } from '../../core/change/change';
import type { ChangeStatusStore, ProfileStore, StoredProfile } from '../../core/change/ports';
import type { CrashMarkerStore } from '../../core/crash-guard';
import type { EventBatch, EventStream } from '../../core/events/ports';
import { positionKey } from '../../core/stream-record';
import { MortalProcess } from './mortal-process';

/** The stores and the stream of the integrator in memory; every call goes through a process that may die. */
export interface MemoryVault {
  readonly profiles: ProfileStore;
  readonly statuses: ChangeStatusStore;
  readonly markers: CrashMarkerStore;
  readonly events: EventStream;
  readonly rows: ReadonlyMap<string, StoredProfile>;
  readonly recorded: ReadonlyMap<string, ChangeStatus>;
  readonly appended: readonly EventBatch[];
  readonly marks: ReadonlyMap<string, number>;
}

/** What is stored is a copy, as in a real store: nobody can change it from outside. */
const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

export function makeMemoryVault(
  process = new MortalProcess(),
  options: { readonly maxRowBytes?: number } = {},
): MemoryVault {
  const rows = new Map<string, StoredProfile>();
  const recorded = new Map<string, ChangeStatus>();
  const marks = new Map<string, number>();
  const appended: EventBatch[] = [];
  const fits = (row: StoredProfile) => JSON.stringify(row).length <= (options.maxRowBytes ?? 1_000_000);
  return {
    rows,
    recorded,
    appended,
    marks,
    profiles: {
      fits,
      readMany: (userIds) =>
        process.read(
          () =>
            new Map(
              userIds.flatMap((id) => {
                const row = rows.get(id);
                return row ? [[id, copy(row)] as const] : [];
              }),
            ),
        ),
      write: (row, expectedVersion) =>
        process.write(() => {
          if (!fits(row)) {
            return 'too_large';
          }
          if ((rows.get(row.userId)?.version ?? 0) !== expectedVersion) {
            return 'version_conflict';
          }
          rows.set(row.userId, copy(row));
          return 'written';
        }),
    },
    statuses: {
      readMany: (positions) =>
        process.read(() =>
          positions.flatMap((position) => {
            const status = recorded.get(positionKey(position));
            return status ? [copy(status)] : [];
          }),
        ),
      find: (sequenceNumber) =>
        process
          .read(() =>
            copy([...recorded.values()].find((status) => status.sequenceNumber === sequenceNumber) ?? null),
          )
          .then((status) => status ?? undefined),
      record: (status) =>
        process.write(() => {
          if (recorded.has(positionKey(status))) {
            return 'already_recorded';
          }
          recorded.set(positionKey(status), copy(status));
          return 'recorded';
        }),
    },
    markers: {
      mark: (position) =>
        process.write(() => {
          const count = (marks.get(positionKey(position)) ?? 0) + 1;
          marks.set(positionKey(position), count);
          return count;
        }),
      clear: (position) =>
        process.write(() => {
          marks.delete(positionKey(position));
        }),
    },
    events: {
      // The stream takes record by record, so a crash may fall between two of one call.
      append: async (batches) => {
        for (const batch of batches) {
          await process.write(() => appended.push(copy(batch)));
        }
      },
    },
  };
}
