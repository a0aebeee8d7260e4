import { ServiceError } from '../errors';
import { sliceMembers } from '../json-slices';
import { type EventDraft, type JsonText, makeDraft } from './event-draft';

/** CloudEvents 1.0.2: what is no extension. `dataschema` is kept beside the extensions. */
const named: ReadonlyMap<string, string> = new Map([
  ['type', 'topic'],
  ['id', 'id'],
  ['source', 'source'],
  ['subject', 'subject'],
  ['time', 'time'],
  // The extension "Expiry Time".
  ['expirytime', 'expires_at'],
]);

const required = ['specversion', 'id', 'source', 'type'];

/** Names of attributes, section 3.1: lower-case letters and digits. */
const NAME = /^[a-z0-9]+$/;

/** `application/json`, `text/json`, `application/vnd.shop+json`, with parameters or without. */
const JSON_MEDIA_TYPE = /^[\w.!#$&^-]+\/([\w.!#$&^-]+\+)?json\s*(;|$)/i;

/**
 * A CloudEvent whose attributes are texts, as headers have them.
 * @param attributes without the prefix `ce-`; `datacontenttype` among them.
 * @throws ServiceError `body_invalid`; `media_type_unsupported` for data that is no JSON.
 */
export function readCloudEvent(
  attributes: ReadonlyMap<string, string>,
  data: JsonText,
  where: string,
): EventDraft {
  const missing = required.find((name) => !attributes.get(name));
  if (missing !== undefined) {
    throw new ServiceError('body_invalid', `${where}${missing}: a CloudEvent must have this attribute`);
  }
  if (attributes.get('specversion') !== '1.0') {
    throw new ServiceError(
      'body_invalid',
      `${where}specversion: only version 1.0 of CloudEvents is understood`,
    );
  }
  requireJson(attributes.get('datacontenttype'), where);
  const extensions: [string, string][] = [];
  const fields: [string, string][] = [];
  for (const [name, value] of attributes) {
    requireName(name, where);
    const field = named.get(name);
    if (field !== undefined) {
      fields.push([field, value]);
    } else if (name !== 'specversion' && name !== 'datacontenttype') {
      extensions.push([name, value]);
    }
  }
  return makeDraft(
    { ...Object.fromEntries(fields), attributes: Object.fromEntries(extensions) },
    data,
    where,
  );
}

/** A CloudEvent in the JSON event format: the structured mode, or a member of a batch. @throws ServiceError */
export function readStructuredEvent({ value, text }: JsonText, where: string): EventDraft {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ServiceError('body_invalid', `${where}expected a CloudEvent (a JSON object)`);
  }
  const { data = null, data_base64: binary, ...members } = value as Record<string, unknown>;
  if (binary !== undefined) {
    throw new ServiceError(
      'media_type_unsupported',
      `${where}data_base64: subscribers get JSON, so binary data cannot be published; send "data"`,
    );
  }
  const slices = sliceMembers(text);
  const attributes = new Map<string, string>();
  for (const [name, member] of Object.entries(members)) {
    // Section 3.1 of the JSON format: null is as good as absent.
    if (member !== null) {
      attributes.set(name, toAttribute(name, member, slices.get(name) ?? '', where));
    }
  }
  return readCloudEvent(attributes, { value: data, text: slices.get('data') ?? 'null' }, where);
}

/** The canonical text of a value (CloudEvents, section 3.2 "Type System"); of integers every digit as it came. */
function toAttribute(name: string, member: unknown, slice: string, where: string): string {
  if (typeof member === 'string') {
    return member;
  }
  if (typeof member === 'boolean' || (typeof member === 'number' && /^-?\d+$/.test(slice))) {
    return slice;
  }
  throw new ServiceError(
    'body_invalid',
    `${where}${shown(name)}: an attribute of a CloudEvent is a text, a boolean or an integer`,
  );
}

function requireName(name: string, where: string): void {
  if (!NAME.test(name)) {
    throw new ServiceError(
      'body_invalid',
      `${where}${shown(name)}: attributes of CloudEvents are named with lower-case letters and digits`,
    );
  }
}

function requireJson(mediaType: string | undefined, where: string): void {
  if (mediaType !== undefined && !JSON_MEDIA_TYPE.test(mediaType.trim())) {
    throw new ServiceError(
      'media_type_unsupported',
      `${where}the data's media type must be JSON, such as application/json: subscribers get it as JSON`,
    );
  }
}

function shown(name: string): string {
  return name.slice(0, 64);
}
