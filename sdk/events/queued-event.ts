import { isDeeperThan, type JsonObject } from '../../core/json';
import type { DataJudge } from '../../core/topics/schemas/judge-data';
import { isSystemTopicName } from '../../core/topics/topic';
import { toJsonText } from '../json-text';
import { EventError, type FailedEvent } from './errors';
import type { Topic } from './topic-table';

/** Who publishes; the contract has these three. */
export interface Actor {
  readonly id: string;
  readonly type: 'user' | 'service' | 'third-party';
}

const actorTypes: readonly unknown[] = ['user', 'service', 'third-party'] satisfies Actor['type'][];

export function isActorType(value: unknown): value is Actor['type'] {
  return actorTypes.includes(value);
}

/** An event that was published in a session: a copy of what it was given, and never changed. */
export interface QueuedEvent {
  readonly id: string;
  /** When it was published: ISO 8601, UTC. */
  readonly time: string;
  readonly category: string;
  readonly entity: string;
  readonly action: string;
  readonly data: JsonObject;
}

/** What the server takes (contract bc-events, section 4). */
const names: ReadonlyArray<readonly [name: 'category' | 'entity' | 'action', RegExp, string]> = [
  ['category', /^[a-z]+$/, 'one word of small letters'],
  ['entity', /^([A-Z][a-z]+)+$/, 'capitalised words without anything in between'],
  ['action', /^[A-Z][a-z]+$/, 'one capitalised word'],
];

/** The server refuses shorter ones. */
const MIN_ACTOR_CHARACTERS = 5;
const MAX_ACTOR_CHARACTERS = 1024;
const MAX_ID_CHARACTERS = 256;
const MAX_DATA_DEPTH = 200;

/** The server's limit is that much for the event with all that it adds. */
const MAX_EVENT_BYTES = 250 * 1024;

/**
 * Everything that the server would refuse, whether the event is sent alone or among others.
 * @throws EventError `event_invalid`
 */
export function requireValidEvent(event: QueuedEvent, topic: Topic, actor: Actor, judge: DataJudge): void {
  const broken = names.find(([name, pattern]) => !pattern.test(event[name]));
  if (broken) {
    throw invalid(topic.name, `${broken[0]} must be ${broken[2]}`);
  }
  if (isSystemTopicName(topic.name)) {
    throw invalid(topic.name, 'topics of this category belong to the system; choose another');
  }
  const { length } = actor.id;
  if (length < MIN_ACTOR_CHARACTERS || length > MAX_ACTOR_CHARACTERS) {
    const limits = `${MIN_ACTOR_CHARACTERS} to ${MAX_ACTOR_CHARACTERS}`;
    throw invalid(topic.name, `the actor's id has ${length} characters; it must have ${limits}`);
  }
  if (/\p{Surrogate}/u.test(actor.id)) {
    throw invalid(topic.name, "the actor's id holds half a character");
  }
  if (event.id === '' || event.id.length > MAX_ID_CHARACTERS || /\p{Surrogate}/u.test(event.id)) {
    throw invalid(topic.name, `id must have 1 to ${MAX_ID_CHARACTERS} characters of Unicode`);
  }
  if (Object.keys(event.data).length === 0) {
    throw invalid(topic.name, 'data must have at least one property');
  }
  const reason = judge(event.data);
  if (reason !== undefined) {
    throw invalid(topic.name, reason);
  }
  const bytes = bytesOf(event);
  if (bytes > MAX_EVENT_BYTES) {
    throw invalid(topic.name, `the event has ${bytes} bytes of JSON; the limit is ${MAX_EVENT_BYTES}`);
  }
}

/**
 * A copy as JSON has it, so that what is validated is what is sent, whatever the caller does to the original.
 * @throws EventError `event_invalid` for what JSON cannot say.
 */
export function copyData(topic: string, data: unknown): JsonObject {
  const copy = asJson(topic, data);
  // Looked at as JSON has it: a date is a text there.
  if (typeof copy !== 'object' || copy === null || Array.isArray(copy)) {
    throw invalid(topic, 'data must be an object');
  }
  if (isDeeperThan(copy, MAX_DATA_DEPTH)) {
    throw invalid(topic, `data is nested deeper than ${MAX_DATA_DEPTH} levels`);
  }
  return freeze(copy) as JsonObject;
}

function asJson(topic: string, data: unknown): unknown {
  try {
    return JSON.parse(toJsonText(data));
  } catch (cause) {
    throw new EventError('event_invalid', `${topic}: data cannot be written as JSON`, { cause });
  }
}

function freeze(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value;
}

export function topicNameOf({ category, entity, action }: QueuedEvent): string {
  return `${category}.${entity}${action}`;
}

export function toFailed(event: QueuedEvent, errorType?: string): FailedEvent {
  return { id: event.id, topic: topicNameOf(event), ...(errorType !== undefined && { errorType }) };
}

export function bytesOf(event: QueuedEvent): number {
  return new TextEncoder().encode(JSON.stringify(event)).length;
}

function invalid(topic: string, reason: string): EventError {
  return new EventError('event_invalid', `${topic}: ${reason}`);
}
