import { createHash } from 'node:crypto';
import type { WebhookRequest } from '../../../core/webhooks/ports';

/** SQS takes no more, and SNS hands no more on to a queue without its envelope. */
const MOST_ATTRIBUTES = 10;

/** What has to get through, before whatever else a format brings. */
const first = ['webhook-id', 'webhook-timestamp', 'webhook-signature', 'type', 'content-type'];

/** Not allowed in a message (XML 1.0, section 2.2), lone surrogates included. */
const REFUSED = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/** The headers of a delivery and the name of its topic, as `[name, text]`: at most ten. */
export function messageAttributes({ headers, about }: WebhookRequest): readonly [string, string][] {
  const all = { ...headers, ...(about && { type: about.type }) };
  const rank = (name: string) => (first.includes(name) ? first.indexOf(name) : first.length);
  return Object.entries(all)
    .map(([name, value]): [string, string] => [name, value.replace(REFUSED, '\uFFFD')])
    .filter(([, value]) => value !== '')
    .sort(([a], [b]) => rank(a) - rank(b))
    .slice(0, MOST_ATTRIBUTES);
}

/** The attributes as both SDKs take them. */
export function asStrings(attributes: readonly (readonly [string, string])[]) {
  return Object.fromEntries(
    attributes.map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
  );
}

/** What the attributes weigh: names, types and values count (SQS and SNS alike). */
export function attributeBytes(attributes: readonly (readonly [string, string])[]): number {
  return attributes.reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + 'String'.length + Buffer.byteLength(value),
    0,
  );
}

/**
 * Where a FIFO queue or topic orders: by subject, or by subscription where an event has none. The event's id
 * keeps repetitions out for the service's five minutes.
 */
export function fifoIds({ headers, about }: WebhookRequest) {
  return {
    MessageGroupId: fifoId(about?.subject || about?.subscriptionId || 'changewire'),
    MessageDeduplicationId: fifoId(headers['webhook-id'] ?? ''),
  };
}

/** Up to 128 letters, digits and punctuation; anything else is hashed. */
function fifoId(text: string): string {
  return /^[\x21-\x7e]{1,128}$/.test(text) ? text : createHash('sha256').update(text).digest('hex');
}
