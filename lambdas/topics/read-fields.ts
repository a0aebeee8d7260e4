import { ServiceError } from '../../core/errors';
import { sliceMembers } from '../../core/json-slices';
import type { Fields } from '../../core/messages/message';
import { type HttpRequest, readJsonBody } from '../shared/http-message';

const FORM = /^application\/x-www-form-urlencoded\b/i;

/**
 * The fields of a call: those of its JSON or form body, and of its query where the body has none of the name. A body
 * that looks like JSON is read so whatever it calls itself; any other counts as empty, as in the original.
 * @param limitBytes of the body as it came.
 * @throws ServiceError `body_too_large`, `body_not_json`.
 */
export function readFields(request: HttpRequest, limitBytes: number): Fields {
  return new Map([...textsOf(Object.entries(request.query)), ...readBody(request, limitBytes)]);
}

function readBody(request: HttpRequest, limitBytes: number): Fields {
  const { body, headers } = request;
  const type = headers['content-type'] ?? '';
  if (body.length > limitBytes) {
    throw new ServiceError(
      'body_too_large',
      `the body has ${body.length} bytes; the limit here is ${limitBytes} bytes`,
    );
  }
  if (isJson(type) || (body.length > 0 && looksLikeObject(body))) {
    const { text } = body.length === 0 ? { text: '{}' } : readJsonBody(request, limitBytes);
    return text.trimStart().startsWith('{') ? sliceMembers(text) : new Map();
  }
  return FORM.test(type) ? textsOf(new URLSearchParams(body.toString())) : new Map();
}

function isJson(type: string): boolean {
  return /^application\/([^;\s]+\+)?json\b/i.test(type);
}

const SPACE: ReadonlySet<number | undefined> = new Set([0x20, 0x09, 0x0a, 0x0d]);
const BRACE = 0x7b;

function looksLikeObject(body: Buffer): boolean {
  return body.find((byte) => !SPACE.has(byte)) === BRACE;
}

function textsOf(entries: Iterable<readonly [string, string]>): Map<string, string> {
  return new Map([...entries].map(([name, text]) => [name, JSON.stringify(text)]));
}
