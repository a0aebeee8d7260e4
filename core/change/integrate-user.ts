import { positionKey, type StreamPosition } from '../stream-record';
import type { ChangeOutcome, ChangeStatus } from './change';
import { deleteProfile } from './delete-profile';
import { type Fold, foldChanges, type PositionedChange, type Refusal } from './fold-changes';
import { integrateChange } from './integrate-change';
import type { IntegrationContext } from './integration-context';
import type { IntegrationPorts } from './integration-ports';
import type { OutboxEntry, StoredProfile } from './ports';

/** A conflict means that another consumer works on the same user, which happens while a stream is rewound. */
const CONFLICTS_ALLOWED = 3;

const tooLarge: Refusal = {
  code: 'profile_too_large',
  text: 'the integrated profile no longer fits into the store',
};
const refusedByStore: Refusal = { code: 'internal_error', text: 'the store refused the profile' };

export interface UserState {
  readonly stored: StoredProfile | undefined;
  readonly recorded: ReadonlyMap<string, ChangeStatus>;
  readonly ports: IntegrationPorts;
  readonly now: string;
}

/** Folds and writes one user's changes; after a conflict, again on what the other writer left. */
export async function integrateUser(
  changes: readonly PositionedChange[],
  state: UserState,
): Promise<readonly OutboxEntry[]> {
  let { stored, recorded } = state;
  for (let conflicts = 0; conflicts <= CONFLICTS_ALLOWED; conflicts += 1) {
    const written = await foldAndWrite(changes, { ...state, stored, recorded });
    if (written !== 'version_conflict') {
      return written.entries;
    }
    const userId = changes[0]?.change.userId ?? '';
    const [profiles, statuses] = await Promise.all([
      state.ports.profiles.readMany([userId]),
      readRecorded(
        changes.map(({ position }) => position),
        state.ports,
      ),
    ]);
    stored = profiles.get(userId);
    recorded = statuses;
  }
  throw new Error(`a profile was changed by others ${CONFLICTS_ALLOWED + 1} times in a row`);
}

/**
 * One write in the usual case. When the row turns out too large, folds again and refuses the changes that
 * make it so; the others go on. The last fold lets nothing pass, so this ends.
 */
async function foldAndWrite(
  changes: readonly PositionedChange[],
  { stored, recorded, ports, now }: UserState,
): Promise<Fold | 'version_conflict'> {
  const fold = (admit: (row: StoredProfile) => Refusal | undefined) =>
    foldChanges(changes, { stored, recorded, now, admit, integrate: integrator(ports, now) });
  const admissions = [
    () => undefined,
    (row: StoredProfile) => (ports.profiles.fits(row) ? undefined : tooLarge),
  ];
  for (const admit of admissions) {
    const folded = await fold(admit);
    const result = folded.row ? await ports.profiles.write(folded.row, stored?.version ?? 0) : 'written';
    switch (result) {
      case 'written':
        return folded;
      case 'version_conflict':
        return result;
      case 'refused':
        reportRefusal(changes, ports);
        return fold(() => refusedByStore);
      case 'too_large':
    }
  }
  return fold(() => tooLarge);
}

function reportRefusal(changes: readonly PositionedChange[], { observer }: IntegrationPorts): void {
  for (const { position } of changes.slice(-1)) {
    observer.unexpectedlyRejected(position, new Error('the store refused the row as invalid'));
  }
}

/** Integrates one change; what throws is a defect of ours and ends as a rejection, for the shard must go on. */
function integrator({ context, observer }: IntegrationPorts, now: string) {
  return async (
    profile: StoredProfile['profile'] | undefined,
    { position, change }: PositionedChange,
  ): Promise<ChangeOutcome> => {
    const attempt = (keys: IntegrationContext): ChangeOutcome => {
      try {
        return change.operation === 'delete'
          ? deleteProfile(profile)
          : integrateChange(profile, change.profile, keys, now);
      } catch (error) {
        observer.unexpectedlyRejected(position, error);
        return { state: 'rejected', code: 'internal_error', text: 'an unexpected error; it was reported' };
      }
    };
    const outcome = attempt(await context.current());
    // Keys or rules may have changed since they were read, and a rejection is final.
    const failed =
      outcome.state === 'rejected' && ['invalid_signature', 'invalid_publisher'].includes(outcome.code);
    const renewed = failed ? await context.renewed() : undefined;
    return renewed ? attempt(renewed) : outcome;
  };
}

/** The statuses that are recorded already, by {@link positionKey}. */
export async function readRecorded(
  positions: readonly StreamPosition[],
  { statuses }: Pick<IntegrationPorts, 'statuses'>,
): Promise<ReadonlyMap<string, ChangeStatus>> {
  const keys = positions.map(({ sequenceNumber, shardId }) => ({ sequenceNumber, shardId }));
  const recorded = await statuses.readMany(keys);
  return new Map(recorded.map((status) => [positionKey(status), status]));
}
