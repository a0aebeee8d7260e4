import { ServiceError } from '../errors';
import type { Idempotency } from '../idempotency';
import type { Json } from '../json';
import { isJsonEqual } from '../person/json-equality';
import type { TopicStore } from './ports';
import type { TimeLimit } from './time-limit';
import { isSystemTopicName, systemTopicPrefixes, type Topic } from './topic';
import { describeTopic, requireUsableSchema, type TopicRequest } from './topic-request';

/** Names stand in paths, hence no slash, and neither `.` nor `..` alone, which clients resolve away. */
const TOPIC_NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,128}$/;

export interface CreateTopicPorts {
  readonly topics: Pick<TopicStore, 'create' | 'find'>;
  readonly timeLimit: TimeLimit;
}

/**
 * Makes a topic of the manage door. The same request of the same caller finds what it has made; under an
 * idempotency key also after it was changed.
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
  requireName(name);
  const topic: Topic = {
    key: { door: 'manage', name },
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
      `the topic "${name}" exists already; PATCH /v1/topics/${name} changes it`,
    );
  }
  return { outcome: 'found', topic: found };
}

function requireName(name: string): void {
  if (!TOPIC_NAME.test(name)) {
    throw new ServiceError(
      'body_invalid',
      'name: a topic is named with 1 to 128 letters, digits, ".", "_" and "-"',
    );
  }
  if (isSystemTopicName(name)) {
    const prefixes = systemTopicPrefixes.map((prefix) => `"${prefix}"`).join(', ');
    throw new ServiceError('body_invalid', `name: names that begin with ${prefixes} belong to the system`);
  }
}

function isRepeated(topic: Topic, found: Topic): boolean {
  const said = ({ description, schema, examples, deprecation, createdBy }: Topic): Json => [
    ...[description ?? null, schema ?? null, examples ?? null, createdBy ?? null],
    deprecation === undefined ? null : [deprecation.notice ?? null],
  ];
  return isJsonEqual(said(topic), said(found));
}
