import { createHash } from 'node:crypto';
import { asciiJson } from '../../ascii-json';
import type { Event, TopicKey } from '../../events/event';
import type { ExactJson } from '../../exact-json';
import { pythonJson, pythonNumber } from './python-json';

/** What an ADS client calls an event: any text, or something that the original stored as one. */
export interface CallbackEventName {
  readonly topic: TopicKey;
  /** The name as text; `null` is a name of its own. */
  readonly text: string | null;
  /** JSON in ASCII, as it was sent: callbacks carry it so. */
  readonly json: string;
}

/** Names of topics become keys of stores; with what stands before them they must stay below 1024 bytes. */
const LONGEST_PLAIN_BYTES = 200;
const HASH_PREFIX = 'sha256:';

/**
 * The name of an event as a topic of the webhooks door. A number is the same name as its text (contract ADS,
 * section 5). What no key can hold (nothing, very much, half a character) is told by its hash.
 * @returns `undefined` for lists and objects, which are no names.
 */
export function readEventName(value: ExactJson): CallbackEventName | undefined {
  const text = textOf(value);
  if (text === undefined) {
    return undefined;
  }
  return { topic: { door: 'webhooks', name: topicName(text) }, text, json: pythonJson(value) };
}

/** As the original's database made text of it: SQLite keeps a truth as 1 or 0. @returns `undefined` for no scalar. */
export function textOf(value: ExactJson): string | null | undefined {
  switch (value.kind) {
    case 'string':
      return value.value;
    case 'number':
      return pythonNumber(value.text);
    case 'literal':
      return value.text === 'null' ? null : value.text === 'true' ? '1' : '0';
    default:
      return undefined;
  }
}

function topicName(text: string | null): string {
  const bytes = Buffer.from(text ?? '');
  const isPlain =
    text !== null &&
    bytes.length > 0 &&
    bytes.length <= LONGEST_PLAIN_BYTES &&
    bytes.toString() === text &&
    !text.startsWith(HASH_PREFIX);
  return isPlain ? text : HASH_PREFIX + createHash('sha256').update(JSON.stringify(text)).digest('hex');
}

/** Kept with an event, and only where the topic's name does not say it already. */
export function nameAttributes({ topic, json }: CallbackEventName): Pick<Event, 'attributes'> {
  return json === asciiJson(topic.name) ? {} : { attributes: { event_json: json } };
}

/** The reverse of {@link nameAttributes}: the name's JSON, as it was sent. */
export function eventNameJson({ topic, attributes }: Event): string {
  return attributes?.event_json ?? asciiJson(topic.name);
}
