import { validatePartialProfile } from '../person/profile-schema';
import { userIdProblem } from '../person/user-id';
import { decodeRecord } from '../stream-record';
import type { ChangeRecord, ProfileSubmission, RejectionCode } from './change';

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
  const { userId, acceptedAt, operation, profile } = decoded.value;
  const problem = userIdProblem(userId);
  if (problem !== undefined) {
    return unreadable('schema_invalid', problem);
  }
  const envelope = { v: 1, kind: 'change', userId, acceptedAt } as const;
  return operation === 'delete'
    ? { state: 'readable', change: { ...envelope, operation } }
    : readProfile(envelope, profile);
}

function readProfile(
  envelope: Omit<ProfileSubmission, 'operation' | 'profile'>,
  profile: unknown,
): ReadChange {
  const validated = validatePartialProfile(profile);
  if (!validated.ok) {
    return unreadable('schema_invalid', issuesText(validated.issues));
  }
  // Null is what a publisher sends whose query has named the user.
  if ((validated.profile.user_id?.value ?? envelope.userId) !== envelope.userId) {
    return unreadable('schema_invalid', 'the record and its profile name different users');
  }
  return { state: 'readable', change: { ...envelope, profile: validated.profile } };
}

/** A few issues are enough to act on; a status is no place for thousands. */
export function issuesText(issues: readonly { readonly path: string; readonly message: string }[]): string {
  const shown = issues.slice(0, 5).map(({ path, message }) => `${path}: ${message}`);
  const rest = issues.length - shown.length;
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ');
}

interface LooseRecord {
  readonly userId: string;
  readonly acceptedAt: string;
  readonly operation?: 'delete';
  readonly profile?: unknown;
}

/** An operation that is not known must not be taken for a submission: it may come from a later version. */
function isChangeEnvelope(value: unknown): value is LooseRecord {
  const record = value as Partial<Record<keyof ProfileSubmission, unknown>> | null;
  return (
    typeof record === 'object' &&
    record !== null &&
    record.v === 1 &&
    record.kind === 'change' &&
    (record.operation === undefined || record.operation === 'delete') &&
    typeof record.userId === 'string' &&
    typeof record.acceptedAt === 'string' &&
    record.acceptedAt.length <= MAX_TIME_LENGTH
  );
}

function unreadable(code: RejectionCode, text: string): ReadChange {
  return { state: 'unreadable', code, text };
}
