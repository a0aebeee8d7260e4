import { type CloudEventAttributes, cloudEventAttributes } from '../events/cloud-event-attributes';
import { writeCloudEventHeaders } from '../events/cloud-event-headers';
import type { Event } from '../events/event';
import type { ContentMode } from '../topics/subscription';
import type { WebhookContent } from './webhook-body';

/** Servers take 8 kB of headers in all, and a hundred of them; a subscription's own may have 4 kB and be twenty. */
const MOST_HEADER_BYTES = 4096;
const MOST_HEADERS = 64;

/** The colon, the space and the end of the line. */
const LINE_BYTES = 4;

/**
 * An event as a CloudEvent over HTTP; the data's text goes in as it came. A batch holds one event, because each delivery
 * has its own result. What is too much for headers goes out in structured mode: decision 073.
 */
export function cloudEventContent(event: Event, mode: ContentMode): WebhookContent {
  const attributes = cloudEventAttributes(event);
  const headers = writeCloudEventHeaders(attributes);
  if (mode === 'binary' && fits(headers)) {
    return { body: Buffer.from(event.dataJson), headers };
  }
  const text = structuredText(attributes, event.dataJson);
  return mode === 'batched'
    ? { body: Buffer.from(`[${text}]`), headers: { 'content-type': 'application/cloudevents-batch+json' } }
    : { body: Buffer.from(text), headers: { 'content-type': 'application/cloudevents+json' } };
}

function structuredText(attributes: CloudEventAttributes, dataJson: string): string {
  return `${JSON.stringify(attributes).slice(0, -1)},"data":${dataJson}}`;
}

function fits(headers: Readonly<Record<string, string>>): boolean {
  const lines = Object.entries(headers);
  const bytes = lines.reduce((sum, [name, value]) => sum + name.length + value.length + LINE_BYTES, 0);
  return lines.length <= MOST_HEADERS && bytes <= MOST_HEADER_BYTES;
}
