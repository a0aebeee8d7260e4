import { ServiceError } from '../errors';
import { validatePartialProfile } from '../person/profile-schema';
import type { ChangeStream } from './ports';
import { issuesText } from './read-change';
import { userIdProblem } from './user-id';

export type Acceptance =
  | { readonly state: 'accepted'; readonly sequenceNumber: string }
  | { readonly state: 'refused'; readonly description: string };

/**
 * Takes one profile into the changes stream, once its shape is right. Who may change what is not asked here: one
 * place decides that, in the order of the stream (design: law 2).
 * @param body the JSON of the request: a profile, or a string that holds one as JSON, as CIS's own tools send.
 * @param claimedUserId the query's `user_id`, when there is one.
 * @param now ISO 8601.
 * @returns `refused` when the profile breaks the schema.
 * @throws ServiceError when the body is no profile at all, or is of another user than the query says.
 */
export async function acceptChange(
  body: unknown,
  claimedUserId: string | undefined,
  { stream, now }: { readonly stream: ChangeStream; readonly now: string },
): Promise<Acceptance> {
  const validated = validatePartialProfile(unwrap(body));
  if (!validated.ok) {
    return { state: 'refused', description: issuesText(validated.issues) };
  }
  const { profile } = validated;
  const userId = profile.user_id?.value ?? '';
  const problem = userIdProblem(userId);
  if (problem !== undefined) {
    return { state: 'refused', description: problem };
  }
  if (claimedUserId !== undefined && claimedUserId !== userId) {
    throw new ServiceError(
      'integration_exception',
      'user_id query parameter does not match profile, that looks wrong',
    );
  }
  const { sequenceNumber } = await stream.append({ v: 1, kind: 'change', userId, acceptedAt: now, profile });
  return { state: 'accepted', sequenceNumber };
}

function unwrap(body: unknown): unknown {
  const value = typeof body === 'string' ? parseInner(body) : body;
  if (Array.isArray(value)) {
    throw new ServiceError(
      'body_invalid',
      'the body is an array; /change takes one profile, a batch of them belongs to /changes, which is not served yet',
    );
  }
  if (typeof value !== 'object' || value === null) {
    throw new ServiceError('body_invalid', 'the body must be a profile: a JSON object');
  }
  return value;
}

function parseInner(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ServiceError('body_not_json', 'the body is a JSON string that does not hold JSON');
  }
}
