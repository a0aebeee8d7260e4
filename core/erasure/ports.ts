import type { ProfileStore } from '../change/ports';
import type { Event } from '../events/event';
import type { FanOutMarker } from '../events/ports';
import type { StreamPosition } from '../stream-record';
import type { DeliveryStore } from '../webhooks/ports';
import type { Erasure, WorkingErasure } from './erasure';

/** Erasures and their receipts. Reads are strongly consistent. */
export interface ErasureStore {
  read(id: string): Promise<Erasure | undefined>;
  /** Writes the row if nobody wrote it since it was read: `version` is one above the version that was read. */
  write(erasure: Erasure): Promise<'written' | 'conflict'>;
  /** Those at work, the oldest first. */
  open(limit: number): Promise<readonly WorkingErasure[]>;
}

/** How changes ended, as the eraser sees it. */
export interface ErasableStatuses {
  /** One page of all statuses, those of the user alone. `next` continues it, also after an empty page. */
  scan(
    userId: string,
    after: string | undefined,
  ): Promise<{ readonly found: readonly StreamPosition[]; readonly next?: string }>;
  /** Takes the user and the text away; how the change ended stays. Repeating it changes nothing. */
  removeUser(position: StreamPosition, userId: string): Promise<void>;
}

/** What the events store keeps for longer than a moment. */
export type KeptRow =
  | { readonly kind: 'event'; readonly order: string; readonly event: Event }
  | {
      readonly kind: 'unprocessable';
      readonly position: StreamPosition;
      readonly partitionKey: string;
      /** Missing where it was too large to be kept. */
      readonly data?: Uint8Array;
    };

/** Events, their markers and unprocessable records, as the eraser sees them. */
export interface ErasableEvents {
  /** One page of everything that is kept. `next` continues it, also after an empty page. */
  scan(after: string | undefined): Promise<{ readonly rows: readonly KeptRow[]; readonly next?: string }>;
  /**
   * Flags the marker: from now on a dispatch that reads the event again takes it for a duplicate.
   * @returns the marker; `undefined` when it has expired.
   */
  flagMarker(eventId: string): Promise<FanOutMarker | undefined>;
  /** Removes the event from the history. Repeating it changes nothing. */
  removeEvent(row: Extract<KeptRow, { kind: 'event' }>): Promise<void>;
  /** Takes the bytes and the key away; that there was such a record stays. Repeating it changes nothing. */
  emptyRecord(position: StreamPosition): Promise<void>;
}

export interface ErasePorts {
  readonly erasures: ErasureStore;
  readonly profiles: Pick<ProfileStore, 'readMany' | 'write'>;
  readonly statuses: ErasableStatuses;
  readonly events: ErasableEvents;
  readonly deliveries: Pick<DeliveryStore, 'read' | 'write' | 'ofEvent'>;
  readonly rule: ErasureRule;
  readonly now: () => Date;
}

/** What the stage says about erasing. */
export interface ErasureRule {
  /** What was under way when the first pass ended has come to rest after so long: then the second begins. */
  readonly settleSeconds: number;
  /** Of both streams. */
  readonly streamRetentionHours: number;
  readonly logRetentionDays: number;
  /** Tables can be restored to any second of the last 35 days. */
  readonly hasBackups: boolean;
}
