import type { CrashMarkerStore } from '../crash-guard';
import type { EventStream } from '../events/ports';
import type { StreamPosition } from '../stream-record';
import type { ChangeStatus } from './change';
import type { IntegrationContext } from './integration-context';
import type { ChangeStatusStore, ProfileStore } from './ports';

/** Rules and keys; keys change while the function lives. */
export interface IntegrationContextSource {
  current(): Promise<IntegrationContext>;
  /** Reads the keys again, at most every so often; `undefined` when they are as they were. */
  renewed(): Promise<IntegrationContext | undefined>;
}

/** Is told what an operator must know of; never holds up the work. */
export interface IntegrationObserver {
  ended(statuses: readonly ChangeStatus[]): void;
  /** A defect of ours or a store's that ended a change: an alarm. */
  unexpectedlyRejected(position: StreamPosition, error: unknown): void;
}

export interface IntegrationPorts {
  readonly profiles: ProfileStore;
  readonly statuses: ChangeStatusStore;
  readonly events: EventStream;
  readonly markers: CrashMarkerStore;
  readonly context: IntegrationContextSource;
  readonly observer: IntegrationObserver;
  readonly now: () => Date;
}
