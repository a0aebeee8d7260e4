import type { ErasureMark, OutboxEntry, StoredProfile } from '../../core/change/ports';
import type { Profile } from '../../core/person/profile';
import { indexKey } from './index-key';
import { packJson, unpackJson } from './packed-json';

/** A row of the profiles table, by the keys of `lambdas/tables.ts`. */
export interface ProfileRow {
  readonly user_id: string;
  readonly version: number;
  readonly last_sequence_number: string;
  readonly last_shard_id: string;
  /** Absent: the profile was deleted; what is left remembers how far the user's changes got. */
  readonly profile?: Uint8Array;
  readonly outbox: Uint8Array;
  readonly uuid?: string;
  readonly primary_email?: string;
  readonly primary_username?: string;
  readonly connection_method?: string;
  readonly active?: boolean;
  readonly erased_at?: string;
  readonly erased_until?: string;
  /** Epoch seconds; only where nothing but the mark of an erasure is left. */
  readonly expires_at?: number;
}

export function toProfileRow(stored: StoredProfile): ProfileRow {
  const { userId, profile } = stored;
  return {
    user_id: userId,
    version: stored.version,
    last_sequence_number: stored.lastSequenceNumber,
    last_shard_id: stored.lastShardId,
    outbox: packJson(stored.outbox),
    ...(profile && profileAttributes(userId, profile)),
    ...(stored.erased && erasureAttributes(stored.erased, profile === undefined)),
  };
}

function erasureAttributes({ at, until }: ErasureMark, isAllThatIsLeft: boolean): Partial<ProfileRow> {
  return {
    erased_at: at,
    erased_until: until,
    ...(isAllThatIsLeft && { expires_at: Math.ceil(Date.parse(until) / 1000) }),
  };
}

/** The profile, and what the indexes find it by. */
function profileAttributes(userId: string, profile: Profile): Partial<ProfileRow> {
  return {
    profile: packJson(profile),
    ...indexAttributes({
      uuid: profile.uuid.value,
      primary_email: profile.primary_email.value,
      primary_username: profile.primary_username.value,
      connection_method: connectionMethod(userId),
    }),
    ...(profile.active.value !== null && { active: profile.active.value }),
  };
}

export function toStoredProfile(row: Readonly<Record<string, unknown>>): StoredProfile {
  return {
    userId: String(row.user_id),
    version: Number(row.version),
    lastSequenceNumber: String(row.last_sequence_number),
    lastShardId: String(row.last_shard_id),
    profile: holdsProfile(row) ? toProfile(row) : undefined,
    outbox: unpackJson(row.outbox) as OutboxEntry[],
    ...(row.erased_at !== undefined && {
      erased: { at: String(row.erased_at), until: String(row.erased_until) },
    }),
  };
}

/** False for the row of a user whose profile was deleted. */
export function holdsProfile(row: Readonly<Record<string, unknown>>): boolean {
  return row.profile !== undefined;
}

export function toProfile(row: Readonly<Record<string, unknown>>): Profile {
  return unpackJson(row.profile) as Profile;
}

/**
 * `ad|Mozilla-LDAP|jdoe` → `ad`: the first word of how the person signs in, and the partition of whom a listing
 * reads; what comes after is found by the order of the ids. Empty where a user_id has no `|`.
 */
export function connectionMethod(userId: string): string {
  return userId.slice(0, Math.max(userId.indexOf('|'), 0));
}

/** Bytes as DynamoDB counts them: names and values; a number takes 21 at most. */
export function rowBytes(row: ProfileRow): number {
  return Object.entries(row).reduce((sum, [name, value]) => sum + name.length + valueBytes(value), 0);
}

function valueBytes(value: string | number | boolean | Uint8Array): number {
  if (typeof value === 'number' || typeof value === 'boolean') {
    return 21;
  }
  return typeof value === 'string' ? Buffer.byteLength(value) : value.length;
}

function indexAttributes(
  values: Readonly<Record<string, string | null | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => {
      const key = indexKey(value);
      return key === undefined ? [] : [[name, key] as const];
    }),
  );
}
