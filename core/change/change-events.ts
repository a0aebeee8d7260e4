import { derivedId } from '../derived-id';
import type { Event } from '../events/event';
import type { StreamPosition } from '../stream-record';
import type { ChangeOutcome, ChangeStatus } from './change';

const kinds = { create: 'profile.created', update: 'profile.updated', delete: 'profile.deleted' } as const;

export type IntegratedOutcome = Extract<ChangeOutcome, { state: 'integrated' }>;

/**
 * What an integrated change announces: which attributes changed, never their values.
 * The id follows from the change alone, so announcing it again is recognised as the same event.
 * @param now ISO 8601: the time of the integration; it stays in the outbox, so that a replay says the same.
 */
export function profileEvent(
  position: StreamPosition,
  userId: string,
  outcome: IntegratedOutcome,
  now: string,
): Event {
  const name = kinds[outcome.condition];
  return {
    id: eventId(position, name),
    topic: { door: 'system', name },
    source: '/profiles',
    subject: userId,
    time: now,
    dataJson: JSON.stringify({
      user_id: userId,
      uuid: outcome.condition === 'delete' ? outcome.uuid : outcome.profile.uuid.value,
      operation: outcome.condition,
      changed: outcome.condition === 'delete' ? [] : outcome.changedAttributes,
      sequence_number: position.sequenceNumber,
    }),
  };
}

/**
 * That a change ended, and how: what spares a publisher from asking again and again. It follows from the status
 * alone, which is written once, so a replay announces the same, byte for byte.
 */
export function outcomeEvent(status: ChangeStatus): Event {
  const { sequenceNumber, shardId, state, condition, code, userId, endedAt } = status;
  const name = `change.${state}`;
  return {
    id: eventId({ sequenceNumber, shardId }, name),
    topic: { door: 'system', name },
    source: '/changes',
    ...(userId !== undefined && { subject: userId }),
    time: endedAt,
    dataJson: JSON.stringify({
      sequence_number: sequenceNumber,
      shard_id: shardId,
      user_id: userId,
      state,
      condition,
      code,
    }),
  };
}

function eventId({ shardId, sequenceNumber }: StreamPosition, kind: string): string {
  return derivedId('evt', shardId, sequenceNumber, kind);
}
