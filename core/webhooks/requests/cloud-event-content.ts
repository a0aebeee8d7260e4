import { type CloudEventAttributes, cloudEventAttributes } from '../../events/cloud-event-attributes';
import { writeCloudEventHeaders } from '../../events/cloud-event-headers';
import type { Event } from '../../events/event';
import { readBinaryData } from '../../hub/read-binary-data';
import type { ContentMode } from '../../topics/subscriptions/subscription';
import type { WebhookContent } from './webhook-body';

/** Servers take 8 kB of headers in all, and a hundred of them; a subscription's own may have 4 kB and be twenty. */
const MOST_HEADER_BYTES = 4096;
const MOST_HEADERS = 64;

/** The colon, the space and the end of the line. */
const LINE_BYTES = 4;

/**
 * An event as a CloudEvent over HTTP; the data's text goes in as it came. A batch holds one event, because each delivery
 * has its own result. What is too much for headers goes out in structured mode, and so does what would have no body:
 * decision 073.
 */
export function cloudEventContent(event: Event, mode: ContentMode): WebhookContent {
  const bytes = readBinaryData(event);
  const attributes = {
    ...cloudEventAttributes(event),
    ...(bytes && { datacontenttype: 'application/octet-stream' }),
  };
  const headers = writeCloudEventHeaders(attributes);
  const body = bytes ?? Buffer.from(event.dataJson);
  if (mode === 'binary' && fits(headers) && body.byteLength > 0) {
    return { body, headers };
  }
  const text = structuredText(attributes, event, bytes);
  return mode === 'batched'
    ? { body: Buffer.from(`[${text}]`), headers: { 'content-type': 'application/cloudevents-batch+json' } }
    : { body: Buffer.from(text), headers: { 'content-type': 'application/cloudevents+json' } };
}

/** JSON event format, section 3.1: bytes are base64 in a member of their own. */
function structuredText(
  attributes: CloudEventAttributes,
  { dataJson }: Event,
  bytes: Uint8Array | undefined,
): string {
  const data = bytes ? `"data_base64":"${Buffer.from(bytes).toString('base64')}"` : `"data":${dataJson}`;
  return `${JSON.stringify(attributes).slice(0, -1)},${data}}`;
}

function fits(headers: Readonly<Record<string, string>>): boolean {
  const lines = Object.entries(headers);
  const bytes = lines.reduce((sum, [name, value]) => sum + name.length + value.length + LINE_BYTES, 0);
  return lines.length <= MOST_HEADERS && bytes <= MOST_HEADER_BYTES;
}
