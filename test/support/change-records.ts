import type { IncomingRecord } from '../../core/change/integrate-batch';
import { encodeRecord } from '../../core/stream-record';
import { profileWith } from './stored-profile';

export const SHARD = 'shardId-000000000000';

/** A record of the changes stream, as the change door makes it; `first_name` carries what a test asks for. */
export function changeRecord(
  sequenceNumber: number | bigint,
  userId: string,
  firstName: string,
): IncomingRecord {
  return rawRecord(
    sequenceNumber,
    encodeRecord({
      v: 1,
      kind: 'change',
      userId,
      acceptedAt: '2026-01-01T00:00:00.000Z',
      profile: partialProfile(userId, firstName),
    }),
  );
}

/** A deletion, as the change door makes it. */
export function deletionRecord(sequenceNumber: number | bigint, userId: string): IncomingRecord {
  const acceptedAt = '2026-01-01T00:00:00.000Z';
  return rawRecord(
    sequenceNumber,
    encodeRecord({ v: 1, kind: 'change', operation: 'delete', userId, acceptedAt }),
  );
}

export function rawRecord(sequenceNumber: number | bigint, data: Uint8Array | string): IncomingRecord {
  return {
    sequenceNumber: String(sequenceNumber),
    shardId: SHARD,
    data: typeof data === 'string' ? Buffer.from(data) : data,
    arrivedAt: '2026-01-01T00:00:00.500Z',
  };
}

export function partialProfile(userId: string, firstName: string) {
  const { user_id, first_name } = profileWith({ user_id: userId, first_name: firstName });
  return { user_id, first_name };
}
