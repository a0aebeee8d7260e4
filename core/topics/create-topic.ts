import { ServiceError } from '../errors';
import type { Idempotency } from '../idempotency';
import type { Json } from '../json';
import { isJsonEqual } from '../person/json-equality';
import type { TopicStore } from './ports';
import type { TimeLimit } from './schemas/time-limit';
import type { Topic } from './topic';
import { keyOfNewTopic } from './topic-key';
import { describeTopic, requireUsableSchema, type TopicRequest } from './topic-request';

export interface CreateTopicPorts {
  readonly topics: Pick<TopicStore, 'create' | 'find'>;
  readonly timeLimit: TimeLimit;
}

/**
 * Makes a topic of the manage or the events door. The same request of the same caller finds what it has made;
 * under an idempotency key also after it was changed.
 * @param at ISO 8601.
 * @throws ServiceError `body_invalid` for a name that is none or the system's, or a schema that cannot be used;
 *   `already_exists`.
 */
export async function createTopic(
  { name, ...request }: TopicRequest,
  createdBy: string,
  { topics, timeLimit }: CreateTopicPorts,
  at: string,
  idempotency?: Idempotency,
): Promise<{ readonly outcome: 'created' | 'found'; readonly topic: Topic }> {
  const topic: Topic = {
    key: keyOfNewTopic(name),
    ...describeTopic(request, {}, at),
    createdBy,
    ...(idempotency && { madeBy: idempotency.digest }),
    createdAt: at,
  };
  requireUsableSchema(topic, timeLimit);
  if ((await topics.create(topic)) === 'created') {
    return { outcome: 'created', topic };
  }
  const found = await topics.find(topic.key);
  const isSameCall = idempotency !== undefined && found?.madeBy === idempotency.digest;
  if (found === undefined || !(isSameCall || isRepeated(topic, found))) {
    throw new ServiceError(
      'already_exists',
      `the topic "${name}" exists already; PATCH /v1/topics/${encodeURIComponent(name)} changes it`,
    );
  }
  return { outcome: 'found', topic: found };
}

function isRepeated(topic: Topic, found: Topic): boolean {
  const said = ({ description, schema, examples, deprecation, createdBy }: Topic): Json => [
    ...[description ?? null, schema ?? null, examples ?? null, createdBy ?? null],
    deprecation === undefined ? null : [deprecation.notice ?? null],
  ];
  return isJsonEqual(said(topic), said(found));
}
