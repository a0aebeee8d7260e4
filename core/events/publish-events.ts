import { derivedId } from '../derived-id';
import { ServiceError } from '../errors';
import { makeIdempotency, requireSameRequest } from '../idempotency';
import { inParallel } from '../in-parallel';
import { withoutSpace } from '../json';
import type { Principal } from '../principal';
import { encodeRecord, MAX_RECORD_BYTES } from '../stream-record';
import { type AnyTopic, findTopic } from '../topics/find-topics';
import type { TopicStore } from '../topics/ports';
import { makeDataJudge } from '../topics/schemas/judge-data';
import type { TimeLimit } from '../topics/schemas/time-limit';
import type { Topic } from '../topics/topic';
import type { Event, EventRecord } from './event';
import type { EventDraft } from './event-draft';
import { eventBytes, MAX_EVENT_BYTES } from './event-size';
import type { CallClaims, EventStream } from './ports';
import { EVENT_RETENTION_DAYS } from './retention';

export interface PublishPorts {
  readonly topics: Pick<TopicStore, 'find'>;
  readonly stream: EventStream;
  readonly calls: CallClaims;
  /** For judging all the data of one call. */
  readonly timeLimit: TimeLimit;
  /** Cryptographically random. */
  readonly random: (count: number) => Uint8Array;
  readonly now: () => Date;
}

export interface Publisher {
  readonly principal: Principal;
  /** Names the call, for events that bring no id of their own. */
  readonly idempotencyKey?: string | undefined;
  /** Whether the caller sent a list, so that refusals name the place in it. */
  readonly isList: boolean;
}

/** A stream takes 1 MiB a record; the rest is for its key. */
const MAX_COMPRESSED_BYTES = 1_000_000;

const TOPICS_AT_A_TIME = 16;

/**
 * Publishes events: all of them in one record of the stream, or none. Repeating it is harmless for events with an
 * id, and for all of a call with an idempotency key: they get the same ids, and are dispatched once.
 * @returns the events with their topics, in the order given.
 * @throws ServiceError `not_found` (topic), `forbidden` (the system's), `body_invalid` (the topic's schema),
 *   `body_too_large`, `conflict` (the idempotency key was used with another body).
 */
export async function publishEvents(
  drafts: readonly EventDraft[],
  publisher: Publisher,
  ports: PublishPorts,
): Promise<readonly { readonly event: Event; readonly topic: Topic }[]> {
  const topics = await findTopics(drafts, ports);
  const placed = drafts.map((draft) => ({ draft, topic: topics.get(draft.topic) as Topic }));
  requireFittingData(placed, publisher, ports.timeLimit);
  const at = ports.now().toISOString();
  const published = placed.map(({ draft, topic }, index) => ({
    topic,
    event: toEvent(draft, { topic, id: idOf(draft, index, publisher, ports), at }),
  }));
  const events = published.map(({ event }) => event);
  requireSizes(events, publisher);
  await requireSameCall(drafts, publisher, ports);
  const [first] = events;
  if (first !== undefined) {
    // The order within a subject is kept from call to call; a list is one record, so it has one key.
    await ports.stream.append([{ partitionKey: first.subject ?? first.id, events }]);
  }
  return published;
}

/** @returns by the references of the drafts. */
async function findTopics(
  drafts: readonly EventDraft[],
  { topics }: PublishPorts,
): Promise<ReadonlyMap<string, Topic>> {
  const references = [...new Set(drafts.map(({ topic }) => topic))];
  const found = await inParallel(TOPICS_AT_A_TIME, references, async (reference) => {
    const topic = await findTopic(reference, topics);
    return [reference, requirePublic(topic)] as const;
  });
  return new Map(found);
}

function requirePublic(topic: AnyTopic): Topic {
  // What nobody made is the system's.
  if (!('createdAt' in topic)) {
    throw new ServiceError(
      'forbidden',
      `nobody publishes to "${topic.key.name}": what Changewire announces itself belongs to the system`,
    );
  }
  return topic;
}

function requireFittingData(
  placed: readonly { readonly draft: EventDraft; readonly topic: Topic }[],
  publisher: Publisher,
  timeLimit: TimeLimit,
): void {
  const judged = placed.filter(({ topic }) => topic.schema !== undefined);
  if (judged.length === 0) {
    return;
  }
  const verdict = timeLimit(() => findMisfit(placed, publisher));
  if (verdict.outcome === 'stopped') {
    const names = [...new Set(judged.map(({ topic }) => `"${topic.key.name}"`))].slice(0, 5).join(', ');
    throw new ServiceError(
      'body_invalid',
      `holding the data against the schema of ${names} takes too long; send fewer events, or simplify the schema`,
    );
  }
  if (verdict.result !== undefined) {
    throw new ServiceError('body_invalid', verdict.result);
  }
}

function findMisfit(
  placed: readonly { readonly draft: EventDraft; readonly topic: Topic }[],
  publisher: Publisher,
): string | undefined {
  const judges = new Map(
    placed.map(({ topic }) => [topic, topic.schema && makeDataJudge(topic.schema)] as const),
  );
  for (const [index, { draft, topic }] of placed.entries()) {
    const misfit = judges.get(topic)?.(draft.data);
    if (misfit !== undefined) {
      return `${placeOf(index, publisher)}${misfit}`;
    }
  }
  return undefined;
}

/** Ids of clients are unique per principal and source: nobody can take the id of another's event. */
function idOf(
  { clientId, source }: EventDraft,
  index: number,
  { principal, idempotencyKey }: Publisher,
  { random }: PublishPorts,
): string {
  if (clientId !== undefined) {
    return derivedId('evt', 'client', principal.subject, source, clientId);
  }
  return idempotencyKey === undefined
    ? `evt_${Buffer.from(random(18)).toString('base64url')}`
    : derivedId('evt', 'call', principal.subject, idempotencyKey, index);
}

function toEvent(
  draft: EventDraft,
  { topic, id, at }: { readonly topic: Topic; readonly id: string; readonly at: string },
): Event {
  const { source, subject, time = at, dataJson, attributes, clientId, expiresAt } = draft;
  return {
    id,
    topic: topic.key,
    source,
    ...(subject !== undefined && { subject }),
    time,
    dataJson,
    ...(attributes !== undefined && { attributes }),
    ...(clientId !== undefined && { clientId }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

/**
 * Last of all checks: a key that was refused is free. An id that follows from a key means nothing once its event is
 * forgotten, and neither does the claim.
 */
async function requireSameCall(
  drafts: readonly EventDraft[],
  { principal, idempotencyKey: key }: Publisher,
  { calls, now }: PublishPorts,
): Promise<void> {
  if (key === undefined) {
    return;
  }
  // By the text of the data: what parsing takes from its numbers would make two calls the same, and one would be lost.
  const body = drafts.map(({ data: _, ...draft }) => ({ ...draft, dataJson: withoutSpace(draft.dataJson) }));
  const call = makeIdempotency({ key, operation: 'POST /v1/events', subject: principal.subject, body });
  const at = now();
  const until = new Date(at.getTime() + EVENT_RETENTION_DAYS * 24 * 3600_000).toISOString();
  const isSame = await calls.claim({ seed: call.seed, digest: call.digest, until }, at.toISOString());
  requireSameRequest(call, isSame ? call.digest : undefined);
}

function requireSizes(events: readonly Event[], publisher: Publisher): void {
  const sizes = events.map(eventBytes);
  const index = sizes.findIndex((bytes) => bytes > MAX_EVENT_BYTES);
  if (index !== -1) {
    throw new ServiceError(
      'body_too_large',
      `${placeOf(index, publisher)}the event has ${sizes[index]} bytes of JSON; the limit is ${MAX_EVENT_BYTES} bytes`,
    );
  }
  const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
  // What is below the limit uncompressed needs no look: few calls are that large.
  if (total > MAX_COMPRESSED_BYTES) {
    requireRecord({ v: 1, kind: 'events', events });
  }
}

function requireRecord(record: EventRecord): void {
  const compressed = encodeRecord(record).length;
  if (compressed > MAX_COMPRESSED_BYTES || Buffer.byteLength(JSON.stringify(record)) > MAX_RECORD_BYTES) {
    throw new ServiceError(
      'body_too_large',
      `the ${record.events.length} events have ${compressed} bytes when compressed; the limit for what is published ` +
        `at once is ${MAX_COMPRESSED_BYTES} bytes compressed and ${MAX_RECORD_BYTES} bytes before; send them in parts`,
    );
  }
}

function placeOf(index: number, { isList }: Publisher): string {
  return isList ? `event ${index}: ` : '';
}
