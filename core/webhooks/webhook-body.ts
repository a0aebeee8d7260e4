import type { Event, TopicKey } from '../events/event';
import { parseExactJson } from '../exact-json';
import type { WebhookFormat } from '../topics/subscription';
import { eventNameJson } from './callback-topic';
import { pythonJson } from './python-json';

/** What a format writes, and of which topics. */
interface BodyFormat {
  readonly write: (event: Event) => Uint8Array;
  readonly takes: (topic: TopicKey) => boolean;
  /** The topics it takes, in words. */
  readonly tells: string;
  /** Beside those of every webhook. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The original's words for what happened to a profile. */
const cisOperations: ReadonlyMap<string, string> = new Map([
  ['profile.created', 'create'],
  ['profile.updated', 'update'],
  ['profile.deleted', 'delete'],
]);

const formats: Readonly<Record<WebhookFormat, BodyFormat>> = {
  standard: { write: standardBody, takes: () => true, tells: 'every topic' },
  cis: {
    write: cisBody,
    takes: ({ door, name }) => door === 'system' && cisOperations.has(name),
    tells: 'profile.created, profile.updated and profile.deleted alone',
  },
  ads: {
    write: adsBody,
    takes: ({ door }) => door === 'webhooks',
    tells: 'topics of the webhooks door alone',
    headers: { accept: 'text/plain' },
  },
};

export function webhookBody(format: WebhookFormat, event: Event): Uint8Array {
  return formats[format].write(event);
}

/** Whether the format can tell of the events of a topic. */
export function isFormatFor(format: WebhookFormat, topic: TopicKey): boolean {
  return formats[format].takes(topic);
}

/** Headers that the receivers of a format know beside those of every webhook. */
export function formatHeaders(format: WebhookFormat): Readonly<Record<string, string>> {
  return formats[format].headers ?? {};
}

/** Which topics a format tells of, in words. */
export function topicsOfFormat(format: WebhookFormat): string {
  return formats[format].tells;
}

/**
 * `{"type", "timestamp", "data"}`; the data's text goes in as it came, so numbers keep every digit. What the events
 * door knows beside the data stands in between, where the signature covers it: decision 055.
 */
export function standardBody(event: Event): Uint8Array {
  const known = event.topic.door === 'events' ? event.attributes : undefined;
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
