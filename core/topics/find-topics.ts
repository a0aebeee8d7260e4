import { ServiceError } from '../errors';
import type { TopicKey } from '../events/event';
import { isHubTopic } from '../hub/hub-topic';
import { decodePageToken, encodePageToken, wrongPageToken } from '../page-token';
import type { TopicStore } from './ports';
import { findSystemTopic, type SystemTopic, systemTopics } from './system-topics';
import type { Topic } from './topic';
import { parseTopicReference } from './topic-reference';

/** A topic that somebody made, or one of the system's. */
export type AnyTopic = Topic | SystemTopic;

/** Keys end at 2048 bytes, and a name that long was never made. */
const LONGEST_REFERENCE = 300;

/**
 * @param reference as callers name a topic: see {@link parseTopicReference}.
 * @throws ServiceError `not_found` naming it.
 */
export async function findTopic(reference: string, topics: Pick<TopicStore, 'find'>): Promise<AnyTopic> {
  const key = reference.length <= LONGEST_REFERENCE ? parseTopicReference(reference) : undefined;
  const topic = key && (await lookUpTopic(key, topics));
  if (!topic) {
    throw new ServiceError(
      'not_found',
      `there is no topic ${JSON.stringify(reference.slice(0, LONGEST_REFERENCE))}; GET /v1/topics lists those there are`,
    );
  }
  return topic;
}

/**
 * The key of a topic to read or to listen to. Topics of hubs come and go with their clients: nobody makes them.
 * @throws ServiceError `not_found` as {@link findTopic}.
 */
export async function findTopicKey(reference: string, topics: Pick<TopicStore, 'find'>): Promise<TopicKey> {
  const key = parseTopicReference(reference);
  return isHubTopic(key) ? key : (await findTopic(reference, topics)).key;
}

/** The topic of that key, of the system's or from the registry. */
export async function lookUpTopic(
  key: TopicKey,
  topics: Pick<TopicStore, 'find'>,
): Promise<AnyTopic | undefined> {
  return key.door === 'system' ? findSystemTopic(key.name) : topics.find(key);
}

/** Places in the part of the list that lies in the store; within the system's part it is the name. */
const STORED = 'stored:';
const SYSTEM = 'system:';

/** The system's topics and then those of all doors, in pages. @throws ServiceError `parameter_invalid`. */
export async function listTopics(
  { limit, after }: { readonly limit: number; readonly after?: string | undefined },
  topics: Pick<TopicStore, 'list'>,
): Promise<{ readonly topics: readonly AnyTopic[]; readonly next?: string }> {
  const place = after === undefined ? SYSTEM : decodePageToken(after);
  if (place?.startsWith(STORED)) {
    return listStored(limit, place.slice(STORED.length), topics);
  }
  if (!place?.startsWith(SYSTEM)) {
    throw wrongPageToken();
  }
  const rest = systemTopics.filter(({ key }) => key.name > place.slice(SYSTEM.length));
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  if (last && page.length === limit) {
    return { topics: page, next: encodePageToken(`${SYSTEM}${last.key.name}`) };
  }
  const stored = await listStored(limit - page.length, undefined, topics);
  return { ...stored, topics: [...page, ...stored.topics] };
}

async function listStored(
  limit: number,
  after: string | undefined,
  topics: Pick<TopicStore, 'list'>,
): Promise<{ readonly topics: readonly AnyTopic[]; readonly next?: string }> {
  const { topics: page, next } = await topics.list({ limit, ...(after !== undefined && { after }) });
  return { topics: page, ...(next !== undefined && { next: encodePageToken(`${STORED}${next}`) }) };
}
