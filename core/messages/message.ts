import type { Event } from '../events/event';
import { BLANK, INVALID, refuse } from './field-errors';

/** The texts of a body's members, as they came: contract Postoffice, section 1. */
export type Fields = ReadonlyMap<string, string>;

/** What Postoffice calls a message: our event of the topics door. */
export interface Message {
  readonly topic: string;
  /** JSON text of any value. */
  readonly payloadJson: string;
  /** JSON text of any value; missing reads as `{}`. */
  readonly attributesJson?: string;
}

/** As the original's columns. */
export const MOST_CHARACTERS = 255;

/**
 * The message of a call's fields. What is beside `topic`, `payload` and `attributes` is let pass and dropped: the
 * original lets a caller replace the `target` by it.
 * @throws RefusedFields.
 */
export function readMessage(fields: Fields): Message {
  const topic = readTopicName(fields);
  const payloadJson = fields.get('payload');
  if (payloadJson === undefined) {
    throw refuse('payload', BLANK);
  }
  return { topic, payloadJson, ...attributesOf(fields) };
}

export function attributesOf(fields: Fields): Pick<Message, 'attributesJson'> {
  const attributesJson = fields.get('attributes');
  return attributesJson === undefined ? {} : { attributesJson };
}

/** A name that no topic can have is one that there is not. @throws RefusedFields. */
export function readTopicName(fields: Fields): string {
  const text = fields.get('topic');
  const name: unknown = text === undefined ? null : JSON.parse(text);
  if (name === null || name === '') {
    throw refuse('topic', BLANK);
  }
  if (typeof name !== 'string' || !isTopicName(name)) {
    throw refuse('topic', INVALID);
  }
  return name;
}

/** Any text that stores can hold: docs/decisions/058-messages-of-any-json.md. */
function isTopicName(name: string): boolean {
  return name.trim() !== '' && name.length <= MOST_CHARACTERS && !/[\p{Surrogate}\0]/u.test(name);
}

/**
 * @param options.id derived where the message may come twice.
 * @param options.at ISO 8601, UTC: when it was accepted.
 */
export function toEvent(
  { topic, payloadJson, attributesJson }: Message,
  { id, at }: { readonly id: string; readonly at: string },
): Event {
  return {
    id,
    topic: { door: 'topics', name: topic },
    source: '/api/messages',
    time: at,
    dataJson: payloadJson,
    ...(attributesJson !== undefined && { attributesJson }),
  };
}
