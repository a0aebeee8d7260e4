import { timeOfOrder } from '../../../core/events/history-key';
import type { HistoryEntry } from '../../../core/events/ports';
import { textAttributes } from '../../../core/events/text-attributes';
import { topicReferenceText } from '../../../core/topics/topic-reference';

/** An event as JSON text: the data goes in as it came, so that numbers keep every digit. */
export function eventJson({ order, event }: HistoryEntry): string {
  const shown = {
    id: event.id,
    client_id: event.clientId,
    topic: topicReferenceText(event.topic),
    door: event.topic.door,
    number: event.number,
    source: event.source,
    subject: event.subject,
    time: event.time,
    dispatched_at: timeOfOrder(order),
    expires_at: event.expiresAt,
    actor: event.actor,
    attributes: textAttributes(event),
  };
  return `${JSON.stringify(shown).slice(0, -1)},"data":${event.dataJson}}`;
}

export function eventsJson(entries: readonly HistoryEntry[], next: string | undefined): string {
  const rest = next === undefined ? '' : `,"next":${JSON.stringify(next)}`;
  return `{"events":[${entries.map(eventJson).join(',')}]${rest}}`;
}
