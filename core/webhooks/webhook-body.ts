import type { Event, TopicKey } from '../events/event';
import type { WebhookFormat } from '../topics/subscription';

/** What a format writes, and of which topics. */
interface BodyFormat {
  readonly write: (event: Event) => Uint8Array;
  readonly takes: (topic: TopicKey) => boolean;
}

/** The original's words for what happened to a profile. */
const cisOperations: ReadonlyMap<string, string> = new Map([
  ['profile.created', 'create'],
  ['profile.updated', 'update'],
  ['profile.deleted', 'delete'],
]);

const formats: Readonly<Record<WebhookFormat, BodyFormat>> = {
  standard: { write: standardBody, takes: () => true },
  cis: { write: cisBody, takes: ({ door, name }) => door === 'system' && cisOperations.has(name) },
};

export function webhookBody(format: WebhookFormat, event: Event): Uint8Array {
  return formats[format].write(event);
}

/** Whether the format can tell of the events of a topic. */
export function isFormatFor(format: WebhookFormat, topic: TopicKey): boolean {
  return formats[format].takes(topic);
}

/** `{"type", "timestamp", "data"}`; the data's text goes in as it came, so numbers keep every digit. */
export function standardBody(event: Event): Uint8Array {
  const [type, timestamp] = [JSON.stringify(event.topic.name), JSON.stringify(event.time)];
  return Buffer.from(`{"type":${type},"timestamp":${timestamp},"data":${event.dataJson}}`);
}

/**
 * The thin hook of Mozilla CIS: contract CIS, section 7. It says that a profile changed, not how; the receiver
 * reads the profile. `time` is in seconds since 1970, with a fraction.
 */
export function cisBody({ topic, subject, time }: Event): Uint8Array {
  const operation = cisOperations.get(topic.name) ?? topic.name;
  return Buffer.from(JSON.stringify({ operation, id: subject ?? null, time: Date.parse(time) / 1000 }));
}
