import type { ScheduleStore } from '../../core/messages/schedule/schedule-ports';

type Parked = Parameters<ScheduleStore['park']>[0];

/** A message of tomorrow; its event has the payload of a call. */
export function aScheduledMessage(differences: Partial<Parked> = {}): Parked {
  const eventId = differences.eventId ?? 'evt_000000000000000000000001';
  return {
    id: 4_000_000_000_000_001,
    topic: 'orders',
    eventId,
    event: {
      id: eventId,
      topic: { door: 'topics', name: 'orders' },
      source: '/api/messages',
      time: '2026-11-21T12:00:00.000Z',
      dataJson: '{"n": 1.0}',
    },
    scheduledAt: '2026-11-21T12:00:00.000Z',
    acceptedAt: '2026-11-20T12:00:00.000Z',
    ...differences,
  };
}
