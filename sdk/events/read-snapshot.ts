import { EventError } from './errors';
import type { EventClient } from './event-client';
import type { SessionSnapshot } from './event-session';
import { type Actor, copyData, isActorType, type QueuedEvent, requireValidEvent } from './queued-event';

export interface ReadSnapshot {
  readonly actor: Actor;
  readonly jobId: string;
  readonly events: readonly QueuedEvent[];
}

/**
 * What was stored may be of another release of your program: its events must fit the topics of now.
 * @throws EventError
 */
export function readSnapshot<Definitions>(
  { actorId, actorType, jobId, events }: SessionSnapshot,
  client: EventClient<Definitions>,
): ReadSnapshot {
  if (typeof actorId !== 'string' || !isActorType(actorType) || !Array.isArray(events)) {
    throw new EventError('configuration_invalid', 'this is no session that was stored as JSON');
  }
  const actor = { id: actorId, type: actorType };
  return { actor, jobId, events: events.map((event) => readEvent(event, actor, client)) };
}

function readEvent<Definitions>(
  { id, time, category, entity, action, data }: QueuedEvent,
  actor: Actor,
  client: EventClient<Definitions>,
): QueuedEvent {
  const topic = client.getTopic(category, entity, action);
  if (typeof id !== 'string' || Number.isNaN(Date.parse(time))) {
    throw new EventError('event_invalid', `${topic.name}: id and time must be those that were stored`);
  }
  const event = { id, time, category, entity, action, data: copyData(topic.name, data) };
  requireValidEvent(event, topic, actor, client.judgeOf(topic));
  return Object.freeze(event);
}
