import { ServiceError } from '../errors';
import type { TopicStore } from './ports';
import { isSystemTopicName, systemTopicPrefixes, type Topic } from './topic';

/** Names stand in paths, hence no slash, and neither `.` nor `..` alone, which clients resolve away. */
const TOPIC_NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,128}$/;

export interface TopicRequest {
  readonly name: string;
  readonly description?: string | undefined;
}

/**
 * Makes a topic of the manage door.
 * @param at ISO 8601.
 * @throws ServiceError `body_invalid` for a name that is none or the system's, `already_exists`.
 */
export async function createTopic(
  { name, description }: TopicRequest,
  topics: Pick<TopicStore, 'create'>,
  at: string,
): Promise<Topic> {
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
  const topic: Topic = {
    key: { door: 'manage', name },
    ...(description !== undefined && { description }),
    createdAt: at,
  };
  if ((await topics.create(topic)) === 'already_exists') {
    throw new ServiceError('already_exists', `the topic "${name}" exists already`);
  }
  return topic;
}
