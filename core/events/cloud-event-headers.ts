import { ServiceError } from '../errors';
import type { CloudEventAttributes } from './cloud-event-attributes';

const PREFIX = 'ce-';

/** One of these makes a request a CloudEvent in binary mode; who sends others alone means something else. */
const TELLING = ['ce-specversion', 'ce-type', 'ce-source', 'ce-id'];

/** @param headers with names in lower case. */
export function isBinaryCloudEvent(headers: Readonly<Record<string, string>>): boolean {
  return TELLING.some((name) => headers[name] !== undefined);
}

/**
 * The attributes of a CloudEvent in binary mode.
 * @param headers with names in lower case.
 * @throws ServiceError `body_invalid` naming the header that cannot be decoded.
 */
export function readCloudEventHeaders(
  headers: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    // The media type has a header of its own, which is the one that counts.
    if (name.startsWith(PREFIX) && name !== 'ce-datacontenttype') {
      attributes.set(name.slice(PREFIX.length), decodeHeaderValue(name, value));
    }
  }
  const mediaType = headers['content-type'];
  if (mediaType) {
    attributes.set('datacontenttype', mediaType);
  }
  return attributes;
}

/** HTTP binding 1.0.2, section 3.1.3.2: quotes are undone first, then percent-encoding, once. */
function decodeHeaderValue(name: string, value: string): string {
  const quoted = /^"(.*)"$/s.exec(value.trim())?.[1];
  const text = quoted === undefined ? value : quoted.replace(/\\(.)/gs, '$1');
  try {
    return text.replace(/(%[0-9a-f]{2})+/gi, decodeURIComponent);
  } catch {
    throw new ServiceError('body_invalid', `the header ${name.slice(0, 64)} is not percent-encoded UTF-8`);
  }
}

/**
 * The headers of a CloudEvent in binary mode: HTTP binding, section 3.1.3. What is no visible ASCII is percent-encoded,
 * and so are the quote and the percent sign: no value ends its line.
 */
export function writeCloudEventHeaders({
  datacontenttype = 'application/json',
  ...attributes
}: CloudEventAttributes): Record<string, string> {
  const headers = Object.entries(attributes).map(([name, text]) => [`${PREFIX}${name}`, headerText(text)]);
  return { 'content-type': datacontenttype, ...Object.fromEntries(headers) };
}

function headerText(text: string): string {
  return Buffer.from(text)
    .toString('latin1')
    .replace(/[^\x21-\x7e]|["%]/g, percentEncoded);
}

function percentEncoded(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
