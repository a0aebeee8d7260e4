import { positionKey, type StreamPosition } from '../stream-record';
import type { ChangeOutcome, ChangeRecord, ChangeStatus, RejectionCode } from './change';
import { profileEvent } from './change-events';
import type { OutboxEntry, StoredProfile } from './ports';

/** One readable change of a batch, with its place in the stream. */
export interface PositionedChange {
  readonly position: StreamPosition;
  readonly change: ChangeRecord;
}

export interface Refusal {
  readonly code: RejectionCode;
  readonly text: string;
}

/** What a user's changes of one batch come to. */
export interface Fold {
  /** How each of them ended, in order, and what it announces. */
  readonly entries: readonly OutboxEntry[];
  /** The row to write; `undefined` when nothing integrated, so that there is nothing to write. */
  readonly row: StoredProfile | undefined;
}

export interface FoldOptions {
  readonly stored: StoredProfile | undefined;
  /** The statuses that are recorded already, by {@link positionKey}. */
  readonly recorded: ReadonlyMap<string, ChangeStatus>;
  readonly integrate: (
    profile: StoredProfile['profile'] | undefined,
    entry: PositionedChange,
  ) => Promise<ChangeOutcome>;
  /** Judges the row as it would be with one more change; `undefined` lets it pass. */
  readonly admit: (row: StoredProfile) => Refusal | undefined;
  /** ISO 8601. */
  readonly now: string;
}

/** The row as far as it is folded. */
interface Progress {
  row: StoredProfile | undefined;
  integrated: boolean;
  readonly entries: OutboxEntry[];
}

/** The status of a change that was refused, whether it could be read or not. */
export function rejectedStatus(
  { sequenceNumber, shardId }: StreamPosition,
  { code, text }: Refusal,
  endedAt: string,
  change?: ChangeRecord,
): ChangeStatus {
  return {
    sequenceNumber,
    shardId,
    state: 'rejected',
    code,
    text,
    ...(change && { userId: change.userId, acceptedAt: change.acceptedAt }),
    endedAt,
  };
}

/**
 * Applies one user's changes of a batch in the order of the stream, on top of what is stored (design: law 3).
 * What had ended already keeps its ending: a recorded status first, then the outbox of the stored row. The
 * new outbox holds the ending of every change given, so that a replay of any part of the batch finds it.
 */
export async function foldChanges(changes: readonly PositionedChange[], options: FoldOptions): Promise<Fold> {
  const progress: Progress = { row: options.stored, integrated: false, entries: [] };
  for (const entry of changes) {
    progress.entries.push(
      earlierEnding(entry, progress, options) ?? (await newEnding(entry, progress, options)),
    );
  }
  const { row, integrated, entries } = progress;
  return { entries, row: integrated && row ? completed(row, changes, entries) : undefined };
}

function earlierEnding(
  { position, change }: PositionedChange,
  { row }: Progress,
  { stored, recorded, now }: FoldOptions,
): OutboxEntry | undefined {
  const key = positionKey(position);
  const inOutbox = stored?.outbox.find(({ status }) => positionKey(status) === key);
  const status = recorded.get(key);
  if (status) {
    return { status, ...(inOutbox?.event && { event: inOutbox.event }) };
  }
  if (inOutbox) {
    return inOutbox;
  }
  if (isErased(change, row)) {
    const text = 'the person was erased after this change had been accepted';
    return { status: rejectedStatus(position, { code: 'erased', text }, now) };
  }
  if (row && BigInt(position.sequenceNumber) <= BigInt(row.lastSequenceNumber)) {
    const text = 'a later change of this user had been integrated already';
    return { status: rejectedStatus(position, { code: 'out_of_order', text }, now, change) };
  }
  return undefined;
}

/** A time that cannot be read proves nothing: only what is known to be newer than the erasure may pass. */
function isErased({ acceptedAt }: ChangeRecord, row: StoredProfile | undefined): boolean {
  return row?.erased !== undefined && !(Date.parse(acceptedAt) > Date.parse(row.erased.at));
}

async function newEnding(
  entry: PositionedChange,
  progress: Progress,
  options: FoldOptions,
): Promise<OutboxEntry> {
  const { position, change } = entry;
  const outcome = await options.integrate(progress.row?.profile, entry);
  if (outcome.state === 'rejected') {
    return { status: rejectedStatus(position, outcome, options.now, change) };
  }
  const status = endedStatus(entry, outcome, options.now);
  if (outcome.state === 'noop') {
    return { status };
  }
  const ending = { status, event: profileEvent(position, change.userId, outcome, options.now) };
  const row: StoredProfile = {
    userId: change.userId,
    version: (options.stored?.version ?? 0) + 1,
    lastSequenceNumber: position.sequenceNumber,
    lastShardId: position.shardId,
    profile: outcome.condition === 'delete' ? undefined : outcome.profile,
    outbox: [...progress.entries, ending],
    ...(options.stored?.erased && options.stored.erased.until > options.now
      ? { erased: options.stored.erased }
      : {}),
  };
  const refusal = options.admit(row);
  if (refusal) {
    return { status: rejectedStatus(position, refusal, options.now, change) };
  }
  progress.row = row;
  progress.integrated = true;
  return ending;
}

function endedStatus(
  { position, change }: PositionedChange,
  outcome: Exclude<ChangeOutcome, { state: 'rejected' }>,
  endedAt: string,
): ChangeStatus {
  return {
    ...position,
    state: outcome.state,
    ...(outcome.state === 'integrated' && { condition: outcome.condition }),
    ...('text' in outcome && { text: outcome.text }),
    userId: change.userId,
    acceptedAt: change.acceptedAt,
    endedAt,
  };
}

/** The row answers for every change of the batch, those after the last integrated one included. */
function completed(
  row: StoredProfile,
  changes: readonly PositionedChange[],
  entries: readonly OutboxEntry[],
): StoredProfile {
  const last = changes
    .map(({ position }) => position)
    .reduce((newest, each) => (BigInt(each.sequenceNumber) > BigInt(newest.sequenceNumber) ? each : newest));
  return {
    ...row,
    lastSequenceNumber: last.sequenceNumber,
    lastShardId: last.shardId,
    outbox: entries,
  };
}
