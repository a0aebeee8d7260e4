import { validatePartialProfile } from '../person/profile-schema';
import { userIdProblem } from '../person/user-id';
import type { ProfileSubmission } from './change';
import { issuesText } from './read-change';

/** A profile with every attribute signed by 4096-bit keys has some 60 kB; the rest is room for group maps. */
export const MAX_PROFILE_BYTES = 300_000;

/** JSON that is read and written again grows by its numbers alone, such as `1e15`; those that grow more are refused. */
const MOST_GROWTH = 5;

export interface SubmissionRefusal {
  readonly state: 'refused';
  readonly code: 'schema_invalid' | 'profile_too_large';
  /** Which rule was broken where; never holds attribute values. */
  readonly description: string;
}

export type ReadSubmission =
  | { readonly state: 'readable'; readonly submission: ProfileSubmission }
  | SubmissionRefusal;

/**
 * A profile as it was sent, if its shape is right. Who may change what is not asked here: one place decides that,
 * in the order of the stream (design: law 2).
 * @param member a profile, or a string that holds one as JSON, as CIS's own tools send.
 * @param claimedUserId names the user where the profile does not: a `user_id` that is missing or null.
 * @param now ISO 8601.
 * @param sentBytes how many bytes of JSON the profile came in, or more; where it is not known, it is measured.
 */
export function readSubmission(
  member: unknown,
  claimedUserId: string | undefined,
  now: string,
  sentBytes = Number.POSITIVE_INFINITY,
): ReadSubmission {
  const json = typeof member === 'string' ? parseInner(member) : member;
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return refused('schema_invalid', 'a profile must be a JSON object, or a string that holds one');
  }
  const validated = validatePartialProfile(json);
  if (!validated.ok) {
    return refused('schema_invalid', issuesText(validated.issues));
  }
  const { profile } = validated;
  const userId = profile.user_id?.value ?? claimedUserId ?? '';
  const problem = userIdProblem(userId);
  if (problem !== undefined) {
    return refused('schema_invalid', problem);
  }
  const isSmall = sentBytes * MOST_GROWTH <= MAX_PROFILE_BYTES;
  const bytes = isSmall ? 0 : Buffer.byteLength(JSON.stringify(profile));
  return bytes > MAX_PROFILE_BYTES
    ? refused(
        'profile_too_large',
        `the profile has ${bytes} bytes of JSON; the limit is ${MAX_PROFILE_BYTES}`,
      )
    : { state: 'readable', submission: { v: 1, kind: 'change', userId, acceptedAt: now, profile } };
}

function parseInner(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refused(code: SubmissionRefusal['code'], description: string): SubmissionRefusal {
  return { state: 'refused', code, description };
}
