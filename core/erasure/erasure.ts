import { createHash } from 'node:crypto';

/** In this order; each works page by page. */
export const erasureSteps = ['profiles', 'change-statuses', 'events'] as const;
export type ErasureStep = (typeof erasureSteps)[number];

/** How much was erased, by store. After a crash they may miss what the crashed page had done. */
export interface ErasureCounts {
  readonly profiles: number;
  readonly changeStatuses: number;
  readonly events: number;
  readonly deliveries: number;
  readonly unprocessableRecords: number;
}

export const nothingErased: ErasureCounts = {
  profiles: 0,
  changeStatuses: 0,
  events: 0,
  deliveries: 0,
  unprocessableRecords: 0,
};

/** What one store held, and what stays behind. */
export interface ReceiptEntry {
  readonly store: string;
  readonly erased: number;
  /** What is left, in words. */
  readonly remains: string;
  /** ISO 8601: when that is gone as well; missing: it stays, or there is nothing. */
  readonly until?: string;
}

interface ErasureBase {
  readonly id: string;
  /** Hex. */
  readonly subjectSha256: string;
  /** ISO 8601. */
  readonly requestedAt: string;
  readonly counts: ErasureCounts;
  /** Digest of the request that asked for it, where that can be repeated. */
  readonly requestDigest?: string;
  /** Counts the writes of this row, from 1. */
  readonly version: number;
}

/** An erasure at work; the only state in which its row names the subject. */
export interface WorkingErasure extends ErasureBase {
  readonly state: 'working';
  readonly subject: string;
  /** 2 looks again for what arrived while the first was at work. */
  readonly pass: 1 | 2;
  readonly step: ErasureStep;
  /** The store's place after the last page; missing: at the beginning. */
  readonly after?: string;
  /** ISO 8601: nothing is done before. */
  readonly notBefore?: string;
  /** ISO 8601: until then a worker has it. */
  readonly leaseUntil?: string;
}

export interface CompletedErasure extends ErasureBase {
  readonly state: 'completed';
  /** ISO 8601. */
  readonly completedAt: string;
  readonly receipt: readonly ReceiptEntry[];
}

/** Deletes what is kept of one subject: a `user_id`, the `subject` of events, or a user who acted in them. */
export type Erasure = WorkingErasure | CompletedErasure;

/** SHA-256 in hex: what a receipt knows a subject by. */
export function subjectDigest(subject: string): string {
  return createHash('sha256').update(subject).digest('hex');
}

export function addCounts(counts: ErasureCounts, more: Partial<ErasureCounts>): ErasureCounts {
  return {
    profiles: counts.profiles + (more.profiles ?? 0),
    changeStatuses: counts.changeStatuses + (more.changeStatuses ?? 0),
    events: counts.events + (more.events ?? 0),
    deliveries: counts.deliveries + (more.deliveries ?? 0),
    unprocessableRecords: counts.unprocessableRecords + (more.unprocessableRecords ?? 0),
  };
}
