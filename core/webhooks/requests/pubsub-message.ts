import type { Event } from '../../events/event';
import { type ExactJson, parseExactJson } from '../../exact-json';
import { jobId } from '../../messages/job-id';
import type { Subscription } from '../../topics/subscriptions/subscription';
import type { RequestMessage, WebhookRequest } from '../ports';

/** What Postoffice puts into one call for a consumer that does not say: contract Postoffice, section 1.2. */
const DEFAULT_CHUNK_SIZE = 20;

const SCHEME = 'pubsub:';

/**
 * A message for a topic of Pub/Sub: the payload as it came, and its attributes beside it. Its id is the same whenever
 * it is tried again, and another for every consumer: contract Postoffice, sections 3.3 and 3.7.
 */
export function pubsubRequest(
  { id, target, consumer }: Subscription,
  { id: eventId, dataJson, attributesJson, attributes = {} }: Event,
): Pick<WebhookRequest, 'url' | 'headers' | 'body'> & Required<Pick<WebhookRequest, 'message'>> {
  return {
    url: pubsubUrl(target),
    headers: {},
    body: Buffer.from(dataJson),
    message: {
      id: String(jobId(eventId, id)),
      attributes: pubsubAttributes(attributesJson ?? JSON.stringify(attributes)),
      chunkSize: consumer?.chunkSize ?? DEFAULT_CHUNK_SIZE,
    },
  };
}

/**
 * What a request for a topic of Pub/Sub has for a URL: no other target takes it, whatever the topic is called. The
 * name of a topic may look like a URL.
 */
export function pubsubUrl(topic: string): string {
  return `${SCHEME}${encodeURIComponent(wellFormed(topic))}`;
}

/** The reverse of {@link pubsubUrl}; `undefined` for any other URL. */
export function topicOfPubsubUrl(url: string): string | undefined {
  return url.startsWith(SCHEME) ? decodeURIComponent(url.slice(SCHEME.length)) : undefined;
}

/**
 * Attributes of Pub/Sub are texts. A text stays what it is, anything else becomes its JSON text as it came: `1.50`,
 * `true`, `null`, `{"a": 1}`. What is no object has no names, and goes as the one attribute `attributes`; null is none.
 * @param json the JSON text of a message's attributes, any value.
 */
export function pubsubAttributes(json: string): RequestMessage['attributes'] {
  const parsed = parseExactJson(json);
  if (parsed?.kind === 'object') {
    return [...parsed.members].map(([name, value]) => [wellFormed(name), asText(value)]);
  }
  return parsed === undefined || parsed.text === 'null' ? [] : [['attributes', asText(parsed)]];
}

function asText(value: ExactJson): string {
  return wellFormed(value.kind === 'string' ? value.value : value.text);
}

/** Half a character is no text to UTF-8, in which everything travels. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}
