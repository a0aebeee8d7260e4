import { ServiceError } from '../errors';
import type { TopicStore } from '../topics/ports';
import type { Topic } from '../topics/topic';
import { castFields } from './cast-fields';
import { taken } from './field-errors';
import type { Fields } from './message';
import type { Directory } from './ports';

export interface TopicCallPorts {
  readonly topics: Pick<TopicStore, 'create' | 'find' | 'replace'>;
  readonly directory: Directory;
}

/** Two who change a topic at the same moment meet once or twice; more is a fault. */
const MAX_TRIES = 4;

/** What this door shows of a topic. */
export type NumberedTopic = Topic & Required<Pick<Topic, 'number' | 'recovery'>>;

/**
 * Makes a topic: contract Postoffice, section 1.1. One that is there stays as it is.
 * @param made who makes it, and when (ISO 8601).
 * @throws RefusedFields, also where the name is taken.
 */
export async function makeTopic(
  fields: Fields,
  made: { readonly by: string; readonly at: string },
  { topics, directory }: TopicCallPorts,
): Promise<NumberedTopic> {
  const cast = castFields(fields);
  const name = cast.text('name');
  const recovery = {
    originHost: cast.text('origin_host'),
    enabled: fields.get('recovery_enabled') !== 'null' && cast.truth('recovery_enabled', false),
  };
  cast.finish();
  const key = { door: 'topics', name } as const;
  // Every start of every publisher makes its topics again: that writes nothing.
  if (await topics.find(key)) {
    throw taken('name');
  }
  const number = await directory.enter('topics', { topic: name });
  const topic = { key, number, recovery, createdBy: made.by, createdAt: made.at };
  if ((await topics.create(topic)) === 'already_exists') {
    throw taken('name');
  }
  return topic;
}

/** @throws ServiceError `not_found`. */
export async function findTopicByNumber(
  number: number,
  { topics, directory }: Pick<TopicCallPorts, 'directory'> & { readonly topics: Pick<TopicStore, 'find'> },
): Promise<NumberedTopic> {
  const entry = await directory.find('topics', number);
  const topic = entry && (await topics.find({ door: 'topics', name: entry.topic }));
  if (!topic || !isNumbered(topic) || topic.number !== number) {
    throw new ServiceError('not_found', `there is no topic ${number}`);
  }
  return topic;
}

/**
 * Changes where what could not be sent is fetched, and whether: the original never does.
 * @throws ServiceError `not_found`, `conflict`; RefusedFields.
 */
export async function changeTopicRecovery(
  number: number,
  fields: Fields,
  ports: TopicCallPorts,
): Promise<NumberedTopic> {
  const cast = castFields(fields);
  const originHost = fields.has('origin_host') ? cast.text('origin_host') : undefined;
  const enabled = fields.has('recovery_enabled') ? cast.truth('recovery_enabled', false) : undefined;
  cast.finish();
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const topic = await findTopicByNumber(number, ports);
    const recovery = {
      originHost: originHost ?? topic.recovery.originHost,
      enabled: enabled ?? topic.recovery.enabled,
    };
    const changed = { ...topic, recovery, revision: (topic.revision ?? 0) + 1 };
    if ((await ports.topics.replace(changed)) === 'replaced') {
      return changed;
    }
  }
  throw new ServiceError('conflict', 'others change this topic at the same moment; repeat the call');
}

/** A page of the topics of this door, the oldest first. @param page.after the number that the page before ended with. */
export async function listNumberedTopics(
  page: { readonly limit: number; readonly after?: number | undefined },
  { topics, directory }: { readonly topics: Pick<TopicStore, 'find'>; readonly directory: Directory },
): Promise<{ readonly topics: readonly NumberedTopic[]; readonly next?: number }> {
  const { entries, next } = await directory.list('topics', page);
  const found = await Promise.all(
    entries.map(async ({ number, topic: name }) => {
      const topic = await topics.find({ door: 'topics', name });
      return topic && isNumbered(topic) && topic.number === number ? [topic] : [];
    }),
  );
  return { topics: found.flat(), ...(next !== undefined && { next }) };
}

function isNumbered(topic: Topic): topic is NumberedTopic {
  return topic.number !== undefined && topic.recovery !== undefined;
}
