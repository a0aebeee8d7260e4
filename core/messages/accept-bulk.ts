import type { Event, EventRecord } from '../events/event';
import { eventBytes, MAX_EVENT_BYTES } from '../events/event-size';
import { inChunks } from '../in-chunks';
import { sliceElements } from '../json-slices';
import { encodeRecord, MAX_RECORD_BYTES } from '../stream-record';
import type { Acceptance, AcceptPorts } from './accept-message';
import { INVALID, refuse } from './field-errors';
import { jobId } from './job-id';
import { attributesOf, type Fields, readTopicName, toEvent } from './message';
import type { ConsumerSubscription } from './ports';

/** A stream takes 1 MiB a record; the rest is for its key. */
const MAX_COMPRESSED_BYTES = 1_000_000;

/** What the original puts into one call of Google Pub/Sub where the consumer does not say. */
const DEFAULT_CHUNK = 20;

/** The reply of a function ends at 6 MB. */
const MOST_IDS = 300_000;

/** `refused`: contract Postoffice, section 1.4: the status is 406, and nothing was stored. */
export type BulkAcceptance = Acceptance | { readonly outcome: 'refused'; readonly reason: string };

const refusals = {
  tooMany: 'Exceed max messages to ingest in bulk',
  noTopic: 'Topic does not exist',
  tooLarge: 'the messages are too large together, attributes counted for each; send them in parts',
} as const;

/**
 * Accepts a list of messages with the same attributes: one record of the stream, all of them or none, in order.
 * @param options.makeId for each message. @param options.at ISO 8601, UTC. @param options.most messages, inclusive.
 * @returns the ids of the jobs, the newest first.
 * @throws RefusedFields where the payload is no list.
 */
export async function acceptBulk(
  fields: Fields,
  options: { readonly makeId: () => string; readonly at: string; readonly most: number },
  { topics, stream }: AcceptPorts,
): Promise<BulkAcceptance> {
  const payloads = readList(fields);
  if (payloads.length > options.most) {
    return { outcome: 'refused', reason: refusals.tooMany };
  }
  const topic = nameOf(fields);
  const found = topic === undefined ? undefined : await topics.read(topic);
  if (topic === undefined || !found) {
    return { outcome: 'refused', reason: refusals.noTopic };
  }
  if (!canFit(payloads, attributesOf(fields))) {
    return { outcome: 'refused', reason: refusals.tooLarge };
  }
  const events = payloads.map((payloadJson) =>
    toEvent({ topic, payloadJson, ...attributesOf(fields) }, { id: options.makeId(), at: options.at }),
  );
  const [first] = events;
  if (!first) {
    return { outcome: 'accepted', ids: [] };
  }
  const reason = findTooLarge(events);
  if (reason !== undefined) {
    return { outcome: 'refused', reason };
  }
  const [outcome = 'failed'] = await stream.offer([{ partitionKey: first.id, events }]);
  return outcome === 'taken'
    ? { outcome: 'accepted', ids: bulkJobIds(events, found.consumers) }
    : { outcome };
}

/** @throws RefusedFields. */
function readList(fields: Fields): readonly string[] {
  const text = fields.get('payload')?.trimStart() ?? '';
  if (!text.startsWith('[')) {
    throw refuse('payload', INVALID);
  }
  return sliceElements(text);
}

/** Whatever names no topic names one that does not exist. */
function nameOf(fields: Fields): string | undefined {
  try {
    return readTopicName(fields);
  } catch {
    return undefined;
  }
}

/** The attributes are written for each message: 5 MB of a call would be 15 GB of events to measure. */
function canFit(payloads: readonly string[], { attributesJson = '' }: ReturnType<typeof attributesOf>) {
  const ofPayloads = payloads.reduce((sum, { length }) => sum + length, 0);
  return ofPayloads + payloads.length * attributesJson.length <= MAX_RECORD_BYTES;
}

function findTooLarge(events: readonly Event[]): string | undefined {
  const sizes = events.map(eventBytes);
  const index = sizes.findIndex((bytes) => bytes > MAX_EVENT_BYTES);
  if (index !== -1) {
    return `message ${index} has ${sizes[index]} bytes of JSON; the limit is ${MAX_EVENT_BYTES} bytes`;
  }
  const record: EventRecord = { v: 1, kind: 'events', events };
  const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
  return total > MAX_RECORD_BYTES * 0.99 || encodeRecord(record).length > MAX_COMPRESSED_BYTES
    ? refusals.tooLarge
    : undefined;
}

/** A consumer of type `pubsub` has a job for each call, named after the first message in it. */
function bulkJobIds(
  events: readonly Pick<Event, 'id'>[],
  consumers: readonly ConsumerSubscription[],
): readonly number[] {
  const ids: number[] = [];
  for (const { id, format, consumer } of consumers) {
    const size = format === 'pubsub' ? (consumer.chunkSize ?? DEFAULT_CHUNK) : 1;
    const own = [...inChunks(events, size)].map(([first]) => jobId(first?.id ?? '', id));
    ids.push(...own.reverse().slice(0, MOST_IDS - ids.length));
  }
  return ids;
}
