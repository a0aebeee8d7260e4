import { toJsonText } from '../json-text';
import { type FailedMessage, MessageError } from './errors';

/** One call to the hub, as it is sent and as a buffer keeps it. It never changes, so it can be repeated. */
export interface Message {
  /** Its idempotency key: however often it is sent, the hub takes it once. */
  readonly id: string;
  readonly kind: 'single' | 'bulk' | 'scheduled';
  readonly topic: string;
  /** As JSON texts: one, or those of a bulk. */
  readonly payloads: readonly string[];
  /** As a JSON text. */
  readonly attributes: string;
  /** When it is to be delivered: ISO 8601, UTC. Of scheduled ones alone. */
  readonly scheduleAt?: string;
  /** When it was published: ISO 8601, UTC. */
  readonly createdAt: string;
}

/** What JSON can express, or has a `toJSON` for. */
export type Attributes = { readonly [name: string]: unknown };

/**
 * A payload, or its attributes, that is JSON already: it travels as it is, with digits that a number of JavaScript
 * would lose.
 *
 * @example
 * ```ts
 * import { JsonText } from 'changewire/topics';
 *
 * const payload = new JsonText('{"total": 12345678901234567890.50}');
 * console.log(JSON.parse(payload.text).total); // 12345678901234567000
 * ```
 */
export class JsonText {
  /** @throws MessageError `message_invalid` */
  constructor(readonly text: string) {
    try {
      JSON.parse(text);
    } catch (cause) {
      throw new MessageError('message_invalid', 'the text is no JSON', { cause });
    }
  }
}

export type NewMessage = Pick<Message, 'id' | 'kind' | 'topic' | 'scheduleAt'> & {
  readonly payloads: readonly unknown[];
  readonly attributes: unknown;
};

/** What a header carries; the hub takes 256, and keys of parts are longer than that of the whole. */
const idForm = /^[!-~]{1,200}$/;

/** @throws MessageError `message_invalid` for what no hub would take. */
export function makeMessage({ id, kind, topic, payloads, attributes, scheduleAt }: NewMessage): Message {
  if (typeof topic !== 'string' || topic.trim() === '') {
    throw new MessageError('message_invalid', 'topic must be the name of a topic');
  }
  if (!idForm.test(id)) {
    throw new MessageError(
      'message_invalid',
      'idempotencyKey must be 1 to 200 printable characters of ASCII without spaces',
    );
  }
  return Object.freeze({
    ...{ id, kind, topic },
    payloads: Object.freeze(payloads.map((payload, index) => jsonOf(payload, `${topic}: payload ${index}`))),
    attributes: jsonOf(attributes, `${topic}: attributes`),
    ...(scheduleAt !== undefined && { scheduleAt }),
    createdAt: new Date().toISOString(),
  });
}

function jsonOf(value: unknown, what: string): string {
  if (value instanceof JsonText) {
    return value.text;
  }
  try {
    return toJsonText(value);
  } catch (cause) {
    throw new MessageError('message_invalid', `${what} cannot be written as JSON`, { cause });
  }
}

/** The JSON of a message's payload: a list, for a bulk. */
export function payloadJsonOf({ kind, payloads }: Message): string {
  return kind === 'bulk' ? `[${payloads.join(',')}]` : (payloads[0] ?? 'null');
}

/** What the hub takes (contract, section 1.3 to 1.5). */
export function bodyOf(message: Message): string {
  const { topic, attributes, scheduleAt } = message;
  const members = [
    `"topic":${JSON.stringify(topic)}`,
    `"payload":${payloadJsonOf(message)}`,
    `"attributes":${attributes}`,
    ...(scheduleAt === undefined ? [] : [`"schedule_at":${JSON.stringify(scheduleAt)}`]),
  ];
  return `{${members.join(',')}}`;
}

/** How much of a buffer a message takes. */
export function bytesOf({ payloads, attributes, topic }: Message): number {
  const texts = [...payloads, attributes, topic];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 200);
}

export function toFailed({ id, topic, payloads }: Message): FailedMessage {
  return { idempotencyKey: id, topic, count: payloads.length };
}
