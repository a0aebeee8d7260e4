import type { ChangeStatus } from '../core/change/change';
import type { IntegrationPorts } from '../core/change/integration-ports';
import type { StoredProfile } from '../core/change/ports';
import { positionKey } from '../core/stream-record';
import { makeIntegrateChanges } from '../lambdas/change/integrate-changes';
import { makeIntegrationObserver } from '../lambdas/change/integration-observer';
import type { ChangingPerson } from './changing-person';

/** integrate-changes on stores that take no time: nothing is copied, nothing is kept but the rows and statuses. */
export function makeMemoryIntegrator({ context }: Pick<ChangingPerson, 'context'>) {
  const rows = new Map<string, StoredProfile>();
  const recorded = new Map<string, ChangeStatus>();
  const ports: IntegrationPorts = {
    profiles: {
      fits: () => true,
      readMany: async (userIds) =>
        new Map(
          userIds.flatMap((id) => {
            const row = rows.get(id);
            return row ? [[id, row] as const] : [];
          }),
        ),
      write: async (row) => {
        rows.set(row.userId, row);
        return 'written';
      },
    },
    statuses: {
      readMany: async (positions) =>
        positions.flatMap((position) => recorded.get(positionKey(position)) ?? []),
      find: async () => undefined,
      record: async (status) => {
        recorded.set(positionKey(status), status);
        return 'recorded';
      },
    },
    events: { append: async () => undefined },
    markers: { mark: async () => 1, clear: async () => undefined },
    context: { current: async () => context, renewed: async () => undefined },
    observer: makeIntegrationObserver(),
    now: () => new Date(),
  };
  return { rows, recorded, handle: makeIntegrateChanges(ports) };
}
