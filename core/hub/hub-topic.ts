import { ServiceError } from '../errors';
import type { TopicKey } from '../events/event';

/** The longest name that the stores keep. */
const MAX_TOPIC_CHARACTERS = 256;

/** What the service says of a connection; what clients say has names of their own choice. */
export type SystemEventName = 'sys.connected' | 'sys.disconnected' | 'gp.joined' | 'gp.left';

const TOPIC_NAME = /^hub\.([\w-]|%[0-9A-F]{2})+\.([\w.-]|%[0-9A-F]{2})+$/;

/** `hub.chat.sys.connected` */
export function systemEventTopic(hub: string, name: SystemEventName): TopicKey {
  return topicOf(hub, name);
}

/**
 * `hub.chat.message`. Names come from clients: whatever could mean something elsewhere is percent-encoded, and a name
 * like those of the system loses its dot, so that no client can say that another one has come or gone.
 * @throws ServiceError `body_invalid` for a name that is too long.
 */
export function userEventTopic(hub: string, eventName: string): TopicKey {
  return topicOf(hub, encode(eventName, /[^\w.-]/gu).replace(/^(sys|gp)\./, '$1%2E'));
}

/** Whether a hub can have a topic of that name: nobody makes them, they come with their events. */
export function isHubTopic({ door, name }: TopicKey): boolean {
  return door === 'hub' && name.length <= MAX_TOPIC_CHARACTERS && TOPIC_NAME.test(name);
}

function topicOf(hub: string, event: string): TopicKey {
  // Hubs are told apart without regard to case; a dot within a hub's name would begin another word.
  const name = `hub.${encode(hub.toLowerCase(), /[^\w-]/gu)}.${event}`;
  if (name.length > MAX_TOPIC_CHARACTERS) {
    throw new ServiceError(
      'body_invalid',
      `ce-eventName: the event's topic would have ${name.length} characters; the limit is ${MAX_TOPIC_CHARACTERS}`,
    );
  }
  return { door: 'hub', name };
}

function encode(text: string, foreign: RegExp): string {
  return text.replace(foreign, (character) =>
    [...Buffer.from(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
}
