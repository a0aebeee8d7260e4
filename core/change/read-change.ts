import { validatePartialProfile } from '../person/profile-schema';
import { decodeRecord } from '../stream-record';
import type { ChangeRecord, RejectionCode } from './change';
import { userIdProblem } from './user-id';

/** Far more than a time has; it goes into the status as it came, and a status that no store takes blocks a shard. */
const MAX_TIME_LENGTH = 64;

export type ReadChange =
  | { readonly state: 'readable'; readonly change: ChangeRecord }
  | { readonly state: 'unreadable'; readonly code: RejectionCode; readonly text: string };

/**
 * The change in a record of the stream. Never throws: whatever was put there, by the door or past it, is either
 * a change that passes the schema or a refusal that says why.
 */
export function readChange(data: Uint8Array): ReadChange {
  const decoded = decodeRecord(data);
  if (!decoded.ok) {
    return unreadable('record_unreadable', `the record is unreadable: ${decoded.reason}`);
  }
  if (!isChangeEnvelope(decoded.value)) {
    return unreadable('record_unreadable', 'the record is of no known kind');
  }
  const { userId, acceptedAt, profile } = decoded.value;
  const problem = userIdProblem(userId);
  if (problem !== undefined) {
    return unreadable('schema_invalid', problem);
  }
  const validated = validatePartialProfile(profile);
  if (!validated.ok) {
    return unreadable('schema_invalid', issuesText(validated.issues));
  }
  if (validated.profile.user_id?.value !== userId) {
    return unreadable('schema_invalid', 'the record and its profile name different users');
  }
  return {
    state: 'readable',
    change: { v: 1, kind: 'change', userId, acceptedAt, profile: validated.profile },
  };
}

/** A few issues are enough to act on; a status is no place for thousands. */
export function issuesText(issues: readonly { readonly path: string; readonly message: string }[]): string {
  const shown = issues.slice(0, 5).map(({ path, message }) => `${path}: ${message}`);
  const rest = issues.length - shown.length;
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ');
}

function isChangeEnvelope(value: unknown): value is { userId: string; acceptedAt: string; profile: unknown } {
  const record = value as Partial<Record<keyof ChangeRecord, unknown>> | null;
  return (
    typeof record === 'object' &&
    record !== null &&
    record.v === 1 &&
    record.kind === 'change' &&
    typeof record.userId === 'string' &&
    typeof record.acceptedAt === 'string' &&
    record.acceptedAt.length <= MAX_TIME_LENGTH
  );
}

function unreadable(code: RejectionCode, text: string): ReadChange {
  return { state: 'unreadable', code, text };
}
