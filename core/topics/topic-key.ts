import { ServiceError } from '../errors';
import type { TopicKey } from '../events/event';
import { isSystemTopicName, systemTopicPrefixes } from './topic';

/** Names stand in paths, hence no slash, and neither `.` nor `..` alone, which clients resolve away. */
const TOPIC_NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,128}$/;

const EVENTS_DOOR = 'events/';

/** `testing.MyEntityCreated`: category, entity and action, as `bc-events` names them. */
const ENTITY_TOPIC_NAME = /^(?=.{1,256}$)[a-z]+\.([A-Z][a-z]+){2,}$/;

/**
 * The key of a topic that is to be made: a plain name is the manage door's, `events/testing.TestCreated` the events
 * door's. Topics of other doors come and go with their clients.
 * @throws ServiceError `body_invalid` for a name that is none, or the system's.
 */
export function keyOfNewTopic(text: string): TopicKey {
  const isEntity = text.startsWith(EVENTS_DOOR);
  const name = isEntity ? text.slice(EVENTS_DOOR.length) : text;
  if (!(isEntity ? ENTITY_TOPIC_NAME : TOPIC_NAME).test(name)) {
    throw new ServiceError(
      'body_invalid',
      isEntity
        ? 'name: a topic of the events door is named as "events/testing.MyEntityCreated": a word of small letters, ' +
            'and capitalised words without anything in between, the last of which is the action; at most 256 letters'
        : 'name: a topic is named with 1 to 128 letters, digits, ".", "_" and "-"',
    );
  }
  if (isSystemTopicName(name)) {
    const prefixes = systemTopicPrefixes.map((prefix) => `"${prefix}"`).join(', ');
    throw new ServiceError('body_invalid', `name: names that begin with ${prefixes} belong to the system`);
  }
  return { door: isEntity ? 'events' : 'manage', name };
}
