import { ServiceError } from '../errors';
import type { AttributePath, PartialProfile } from '../person/profile';
import type { StreamPosition } from '../stream-record';
import type { ChangeStream } from './ports';
import { readSubmission, type SubmissionRefusal } from './read-submission';

/** What became of one profile at the door. */
export type Acceptance =
  | { readonly state: 'accepted'; readonly position: StreamPosition; readonly userId: string }
  /** Nothing of it is kept. */
  | SubmissionRefusal
  /** The stream has not said that it took it: it may have, and sending it again is harmless. */
  | { readonly state: 'unconfirmed' };

export interface AcceptancePorts {
  readonly stream: ChangeStream;
  /** ISO 8601. */
  readonly now: string;
  /** How many bytes of JSON the profiles came in, all together. @default unknown */
  readonly sentBytes?: number;
}

/** So many fit into one call of the stream, and so many changes of one user, one by one, into a request. */
const MAX_BATCH_MEMBERS = 500;

/**
 * Takes one profile into the changes stream, once its shape is right.
 * @param claimedUserId the query's `user_id`, when there is one.
 * @throws ServiceError when the profile is of another user than the query says.
 */
export async function acceptChange(
  profile: unknown,
  claimedUserId: string | undefined,
  { stream, now, sentBytes }: AcceptancePorts,
): Promise<Exclude<Acceptance, { state: 'unconfirmed' }>> {
  const read = readSubmission(profile, claimedUserId, now, sentBytes);
  if (read.state === 'refused') {
    return read;
  }
  const { userId } = read.submission;
  requireSameUser(userId, claimedUserId);
  return { state: 'accepted', userId, position: await stream.append(read.submission) };
}

/**
 * Takes a batch, each member on its own: one that breaks the schema leaves nothing behind and holds no other up.
 * A user's changes go in in the order given.
 * @returns what became of each member, in the order given.
 * @throws ServiceError when there are more than {@link MAX_BATCH_MEMBERS}; nothing is kept then.
 * @throws when the stream has taken none of those that it should take.
 */
export async function acceptChanges(
  members: readonly unknown[],
  { stream, now, sentBytes }: AcceptancePorts,
): Promise<readonly Acceptance[]> {
  if (members.length > MAX_BATCH_MEMBERS) {
    throw new ServiceError(
      'body_too_large',
      `the batch has ${members.length} members; the limit here is ${MAX_BATCH_MEMBERS}`,
    );
  }
  const read = members.map((member) => readSubmission(member, undefined, now, sentBytes));
  const submissions = read.flatMap((each) => (each.state === 'readable' ? [each.submission] : []));
  const positions = submissions.length > 0 ? await stream.appendMany(submissions) : [];
  const places = new Map(submissions.map((submission, index) => [submission, positions[index]]));
  return read.map((each): Acceptance => {
    if (each.state === 'refused') {
      return each;
    }
    const position = places.get(each.submission);
    const { userId } = each.submission;
    return position ? { state: 'accepted', position, userId } : { state: 'unconfirmed' };
  });
}

/** What the original asks a deletion to name. */
const namedByDeletion = [
  'user_id',
  'primary_email',
  'uuid',
  'primary_username',
] as const satisfies AttributePath[];

/**
 * Takes a deletion into the changes stream: it is a change like any other, and has its place among the user's
 * changes. The body has to hold four attributes as objects, as the original's; only user_id says whom.
 * @throws ServiceError when the profile is of another user than the query says.
 */
export async function acceptDeletion(
  body: unknown,
  claimedUserId: string | undefined,
  { stream, now, sentBytes }: AcceptancePorts,
): Promise<Exclude<Acceptance, { state: 'unconfirmed' }>> {
  const read = readSubmission(body, claimedUserId, now, sentBytes);
  if (read.state === 'refused') {
    return read;
  }
  const { userId, acceptedAt, profile } = read.submission;
  requireSameUser(userId, claimedUserId);
  const missing = namedByDeletion.filter((name: keyof PartialProfile) => profile[name] === undefined);
  if (missing.length > 0) {
    const description = `a deletion has to name ${namedByDeletion.join(', ')}; missing: ${missing.join(', ')}`;
    return { state: 'refused', code: 'schema_invalid', description };
  }
  const record = { v: 1, kind: 'change', operation: 'delete', userId, acceptedAt } as const;
  return { state: 'accepted', userId, position: await stream.append(record) };
}

function requireSameUser(userId: string, claimedUserId: string | undefined): void {
  if (claimedUserId !== undefined && claimedUserId !== userId) {
    throw new ServiceError(
      'integration_exception',
      'user_id query parameter does not match profile, that looks wrong',
    );
  }
}
