import type { Event } from '../../core/events/event';
import { SCHEDULE_SHARDS, type ScheduleStore } from '../../core/messages/schedule/schedule-ports';
import type {
  DueMessage,
  ScheduledMessage,
  ScheduledState,
} from '../../core/messages/schedule/scheduled-message';
import { decodeRecord, encodeRecord } from '../../core/stream-record';
import { expiryAfter, type Row } from './row';

/** How long somebody who would cancel is told that a message has ended. */
const KEPT_DAYS = 30;

/** One space of keys for messages and what points at them: an id names one message. */
export function messageKey(id: number): { partition: string; sort: string } {
  return { partition: `message#${id}`, sort: 'message' };
}

export function duePartition(shard: number): string {
  return `due#${shard}`;
}

/** The sort key of the index: by time, and unique, so that it is a place in a list. */
export function dueKey(at: string, id: number): string {
  return `${at}#${id}`;
}

/** Sorts behind every {@link dueKey} of that time. */
export function behindAll(at: string): string {
  return `${at}#~`;
}

export function isDueKey(text: string | undefined): text is string {
  return text !== undefined && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#\d{1,16}$/.test(text);
}

/** Epoch seconds. @param endedAt ISO 8601. */
export function endedExpiry(endedAt: string): number {
  return expiryAfter(KEPT_DAYS, Date.parse(endedAt));
}

/** Ids are digests: they spread by themselves. The event has at most 256 kB of JSON, so the row fits always. */
export function toRow(message: Parameters<ScheduleStore['park']>[0]): Row {
  const { id, topic, eventId, event, scheduledAt, acceptedAt } = message;
  return {
    ...messageKey(id),
    message_id: id,
    topic,
    event_id: eventId,
    event: encodeRecord(event),
    state: 'scheduled',
    scheduled_at: scheduledAt,
    accepted_at: acceptedAt,
    due_shard: duePartition(id % SCHEDULE_SHARDS),
    due_at: dueKey(scheduledAt, id),
  };
}

/** Another id of the message. It outlives the row, whose end is told of for as long again. */
export function toPointer(id: number, message: Parameters<ScheduleStore['park']>[0]): Row {
  return {
    ...messageKey(id),
    message_id: id,
    event_id: message.eventId,
    points_to: message.id,
    expires_at: expiryAfter(2 * KEPT_DAYS, Date.parse(message.scheduledAt)),
  };
}

/** The row comes from our own store, so its shape is trusted. */
export function toMessage(row: Row): ScheduledMessage {
  return {
    id: Number(row.message_id),
    topic: String(row.topic),
    state: row.state as ScheduledState,
    eventId: String(row.event_id),
    scheduledAt: String(row.scheduled_at),
    acceptedAt: String(row.accepted_at),
    ...(row.event !== undefined && { event: unpack(row.event) }),
    ...(row.ended_at !== undefined && { endedAt: String(row.ended_at) }),
  };
}

export function toClaimed({ event }: Row): { readonly event: Event } {
  return { event: unpack(event) };
}

export function toDueMessage(row: Row): DueMessage {
  const [dueAt = ''] = String(row.due_at).split('#');
  return {
    id: Number(row.message_id),
    topic: String(row.topic),
    scheduledAt: String(row.scheduled_at),
    acceptedAt: String(row.accepted_at),
    dueAt,
  };
}

/** @throws when it is not what was written. */
function unpack(packed: unknown): Event {
  const decoded = decodeRecord(packed as Uint8Array);
  if (!decoded.ok) {
    throw new Error(`the schedule holds an event that is ${decoded.reason}`);
  }
  return decoded.value as Event;
}
