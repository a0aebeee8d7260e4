import { doors, parseTopicKey, type TopicKey, topicKeyText } from '../events/event';
import { isSystemTopicName } from './topic';

/**
 * How callers of the manage door name a topic: a plain name is one of theirs or, with a system prefix, one of
 * the system's; a topic of another door is named in full, `topics/orders`.
 */
export function parseTopicReference(text: string): TopicKey {
  if (text.includes('/')) {
    const key = parseTopicKey(text);
    if (doors.includes(key.door)) {
      return key;
    }
  }
  return { door: isSystemTopicName(text) ? 'system' : 'manage', name: text };
}

/** The shortest text that {@link parseTopicReference} reads back as the same topic. */
export function topicReferenceText(key: TopicKey): string {
  const read = parseTopicReference(key.name);
  return read.door === key.door && read.name === key.name ? key.name : topicKeyText(key);
}
