import { sliceMembers } from '../json-slices';
import type { Event } from './event';

/** The attributes of a CloudEvent as texts, by name; `id`, `source`, `specversion` and `type` are always there. */
export type CloudEventAttributes = Readonly<Record<string, string>>;

/** All data is JSON. */
const MEDIA_TYPE = 'application/json';

/**
 * What is no extension, of version 1.0 and of 0.3 as well: libraries that read both take the names for their old
 * meaning. The expiry is the event's own.
 */
const reserved: ReadonlySet<string> = new Set([
  ...['id', 'source', 'specversion', 'type', 'subject', 'time', 'datacontenttype', 'dataschema', 'data'],
  ...['schemaurl', 'datacontentencoding', 'expirytime'],
]);

/**
 * An event as the attributes of a CloudEvent 1.0.2. Id and source are the publisher's own, so that the event is the
 * same one wherever it comes from; what we know beside the data are extensions.
 */
export function cloudEventAttributes(event: Event): CloudEventAttributes {
  const { subject, attributes = {}, expiresAt } = event;
  const { dataschema } = attributes;
  const own = {
    specversion: '1.0',
    id: event.clientId ?? event.id,
    source: toUriReference(event.source),
    type: event.topic.name,
    time: toTimestamp(event.time),
    ...(subject && { subject }),
    datacontenttype: MEDIA_TYPE,
    ...(dataschema !== undefined && isUri(dataschema) && { dataschema }),
    ...(expiresAt !== undefined && { expirytime: expiresAt }),
  };
  const all = Object.entries({ ...own, ...extensionsOf(event) });
  // Half a surrogate pair has no form in UTF-8: every mode writes it alike.
  return Object.fromEntries(all.map(([name, text]) => [name, wellFormed(text)]));
}

/**
 * Our attributes may be named with capitals, dots and dashes, CloudEvents' with small letters and digits alone. Where
 * two become one the first in order stays, and a name that needed no change before all others.
 */
function extensionsOf(event: Event): Record<string, string> {
  const { attributes, actor } = event;
  const known = {
    ...(actor && { actorid: actor.id, actortype: actor.type }),
    ...messageAttributes(event),
    ...attributes,
  };
  const names = Object.keys(known).sort(
    (a, b) => Number(toName(b) === b) - Number(toName(a) === a) || order(a, b),
  );
  const extensions = new Map<string, string>();
  for (const given of names) {
    const name = toName(given);
    const text = (known as Record<string, string>)[given];
    if (name !== '' && text !== undefined && !reserved.has(name) && !extensions.has(name)) {
      extensions.set(name, text);
    }
  }
  return Object.fromEntries(extensions);
}

/** A message of the topics door may have any JSON for attributes: what is a text, a number or a boolean has a name here. */
function messageAttributes({ attributesJson = 'null' }: Event): Record<string, string> {
  const value: unknown = JSON.parse(attributesJson);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return {};
  }
  const texts = [...sliceMembers(attributesJson)].map(([name, text]) => [name, toText(text)] as const);
  return Object.fromEntries(texts.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

function toText(json: string): string | undefined {
  if (json.startsWith('"')) {
    return JSON.parse(json) as string;
  }
  return /^[{[]|^null$/.test(json) ? undefined : json;
}

function toName(given: string): string {
  return given.toLowerCase().replace(/[^a-z0-9]/g, '');
}

function order(a: string, b: string): number {
  return a < b ? -1 : 1;
}

const PERCENT = '%[0-9a-f]{2}';
const SEGMENT = `(?:[\\w.~!$&'()*+,;=:@-]|${PERCENT})`;
/** RFC 3986, section 3.2; whether an address in brackets is one, the parser of URLs says. */
const AUTHORITY = `//(?:(?:[\\w.~!$&'()*+,;=:-]|${PERCENT})*@)?(?:\\[[0-9a-f:.]+\\]|(?:[\\w.~!$&'()*+,;=-]|${PERCENT})*)(?::\\d*)?`;
const REST = `(?:\\?(?:${SEGMENT}|[/?])*)?(?:#(?:${SEGMENT}|[/?])*)?$`;
const URI = new RegExp(
  `^[a-z][a-z0-9+.-]*:(?:${AUTHORITY}(?:/${SEGMENT}*)*|/?(?:${SEGMENT}+(?:/${SEGMENT}*)*)?)${REST}`,
  'i',
);
const RELATIVE = new RegExp(
  `^(?:${AUTHORITY}(?:/${SEGMENT}*)*|/(?:${SEGMENT}+(?:/${SEGMENT}*)*)?|(?:[\\w.~!$&'()*+,;=@-]|${PERCENT})+(?:/${SEGMENT}*)*)?${REST}`,
  'i',
);

function isUri(text: string): boolean {
  return URI.test(text) && (!text.includes('[') || URL.canParse(text));
}

/** Sources of the plain form may be any text; one that is no URI-reference is written as the path that says the same. */
function toUriReference(source: string): string {
  const isReference = isUri(source) || (RELATIVE.test(source) && !source.includes('['));
  return isReference ? source : wellFormed(source).split('/').map(encodeURIComponent).join('/');
}

/** RFC 3339 has no time without seconds, which publishers may leave out. */
function toTimestamp(time: string): string {
  return /T\d\d:\d\d:\d\d/.test(time) ? time : new Date(time).toISOString();
}

function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}
