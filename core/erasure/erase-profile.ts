import type { StoredProfile } from '../change/ports';
import { userIdProblem } from '../person/user-id';
import type { StepResult } from './erase-subjects';
import type { ErasePorts } from './ports';
import { STREAM_MARGIN_HOURS } from './receipt';

/** Somebody else writes the row now and then, not all the time. */
const MAX_WRITES = 5;

/**
 * Replaces the person's row by a mark that keeps older changes, which the stream still holds, from bringing the
 * person back. Written for every subject that could name a person: a first change may be on its way.
 */
export async function eraseProfile(
  subject: string,
  { profiles, rule, now }: Pick<ErasePorts, 'profiles' | 'rule' | 'now'>,
): Promise<StepResult> {
  if (userIdProblem(subject) !== undefined) {
    return { counts: {} };
  }
  for (let writes = 0; writes < MAX_WRITES; writes += 1) {
    const stored = (await profiles.readMany([subject])).get(subject);
    const written = await profiles.write(markOf(subject, stored, rule, now()), stored?.version ?? 0);
    if (written === 'written') {
      return { counts: { profiles: holdsAnything(stored) ? 1 : 0 } };
    }
    if (written !== 'version_conflict') {
      throw new Error(`the store took the mark of an erasure to be ${written}`);
    }
  }
  throw new Error('the row of a person keeps changing while it is being erased');
}

function markOf(
  userId: string,
  stored: StoredProfile | undefined,
  { streamRetentionHours }: ErasePorts['rule'],
  now: Date,
): StoredProfile {
  const until = new Date(now.getTime() + (streamRetentionHours + STREAM_MARGIN_HOURS) * 3600_000);
  return {
    userId,
    version: (stored?.version ?? 0) + 1,
    lastSequenceNumber: stored?.lastSequenceNumber ?? '0',
    lastShardId: stored?.lastShardId ?? '',
    profile: undefined,
    outbox: [],
    erased: { at: now.toISOString(), until: until.toISOString() },
  };
}

function holdsAnything(stored: StoredProfile | undefined): boolean {
  return stored !== undefined && (stored.profile !== undefined || stored.outbox.length > 0);
}
