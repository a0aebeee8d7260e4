import type { Door, Event, TopicKey } from '../../events/event';
import { parseExactJson } from '../../exact-json';
import type { Subscription, WebhookFormat } from '../../topics/subscriptions/subscription';
import { eventNameJson } from '../callbacks/callback-topic';
import { pythonJson } from '../callbacks/python-json';
import { cloudEventContent } from './cloud-event-content';
import { defaultContentMode } from './content-mode';
import { postofficeBody, postofficeHeaders } from './postoffice-body';

/** A body, and the headers that say what it is: in lower case, `content-type` always among them. */
export interface WebhookContent {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

type ContentOptions = Pick<Subscription, 'id' | 'format' | 'contentMode' | 'target'>;

/** What a format writes, and of which topics. */
interface BodyFormat {
  readonly write: (event: Event, options: ContentOptions) => WebhookContent;
  readonly takes: (topic: TopicKey) => boolean;
  /** The topics it takes, in words. */
  readonly tells: string;
}

/** The original's words for what happened to a profile. */
const cisOperations: ReadonlyMap<string, string> = new Map([
  ['profile.created', 'create'],
  ['profile.updated', 'update'],
  ['profile.deleted', 'delete'],
]);

const formats: Readonly<Record<WebhookFormat, BodyFormat>> = {
  standard: { write: asJson(standardBody), takes: () => true, tells: 'every topic' },
  cloudevents: {
    write: (event, { contentMode, target }) =>
      cloudEventContent(event, contentMode ?? defaultContentMode(target)),
    takes: () => true,
    tells: 'every topic',
  },
  cis: {
    write: asJson(cisBody),
    takes: ({ door, name }) => door === 'system' && cisOperations.has(name),
    tells: 'profile.created, profile.updated and profile.deleted alone',
  },
  ads: {
    write: asJson(adsBody, { accept: 'text/plain' }),
    takes: ({ door }) => door === 'webhooks',
    tells: 'topics of the webhooks door alone',
  },
  postoffice: {
    write: (event, { id }) => ({
      body: postofficeBody(event),
      headers: { ...postofficeHeaders(event, id), 'content-type': 'application/json' },
    }),
    takes: ({ door }) => door === 'topics',
    tells: 'topics of the topics door alone',
  },
  // What Google's call carries is not one body for one event: see the target of that kind.
  pubsub: {
    write: asJson(({ dataJson }) => Buffer.from(dataJson)),
    takes: ({ door }) => door === 'topics',
    tells: 'topics of the topics door alone',
  },
};

/** What a subscription is sent of an event. */
export function webhookContent(options: ContentOptions, event: Event): WebhookContent {
  return formats[options.format].write(event, options);
}

/** @param more headers that the receivers of the format know beside. */
function asJson(
  write: (event: Event) => Uint8Array,
  more: Readonly<Record<string, string>> = {},
): BodyFormat['write'] {
  return (event) => ({ body: write(event), headers: { ...more, 'content-type': 'application/json' } });
}

/** Whether the format can tell of the events of a topic. */
export function isFormatFor(format: WebhookFormat, topic: TopicKey): boolean {
  return formats[format].takes(topic);
}

/** Which topics a format tells of, in words. */
export function topicsOfFormat(format: WebhookFormat): string {
  return formats[format].tells;
}

/** Their subscribers cannot do without what they know beside the data. */
const doorsThatTell: readonly Door[] = ['events', 'hub'];

/**
 * `{"type", "timestamp", "data"}`; the data's text goes in as it came, so numbers keep every digit. What some doors
 * know beside the data stands in between, where the signature covers it: decision 055.
 */
export function standardBody(event: Event): Uint8Array {
  const known = doorsThatTell.includes(event.topic.door) ? event.attributes : undefined;
  const own = { type: event.topic.name, timestamp: event.time };
  const head = JSON.stringify({ ...own, ...known, ...own });
  return Buffer.from(`${head.slice(0, -1)},"data":${event.dataJson}}`);
}

/**
 * The thin hook of Mozilla CIS: contract CIS, section 7. It says that a profile changed, not how; the receiver
 * reads the profile. `time` is in seconds since 1970, with a fraction.
 */
export function cisBody({ topic, subject, time }: Event): Uint8Array {
  const operation = cisOperations.get(topic.name) ?? topic.name;
  return Buffer.from(JSON.stringify({ operation, id: subject ?? null, time: Date.parse(time) / 1000 }));
}

/**
 * The callback of ADS: contract ADS, section 6. ASCII alone, spaced as the original does; the payload's numbers keep
 * their text. `time` is a text of whole seconds since 1970.
 */
export function adsBody(event: Event): Uint8Array {
  const payload = parseExactJson(event.dataJson);
  const time = Math.floor(Date.parse(event.time) / 1000);
  return Buffer.from(
    // An event that no trigger made, such as a test of the subscription, has no number.
    `{"id": ${event.number ?? 0}, "event": ${eventNameJson(event)}, "creator": "ADS", "source": "ADS.Discovery", ` +
      `"description": "ADS citation events", "time": "${time}", "payload": ${payload ? pythonJson(payload) : event.dataJson}}`,
  );
}
