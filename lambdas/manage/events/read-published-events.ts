import { ServiceError } from '../../../core/errors';
import { readCloudEvent, readStructuredEvent } from '../../../core/events/cloud-event';
import { isBinaryCloudEvent, readCloudEventHeaders } from '../../../core/events/cloud-event-headers';
import type { EventDraft, JsonText } from '../../../core/events/event-draft';
import { readPlainEvent } from '../../../core/events/plain-event';
import { sliceElements } from '../../../core/json-slices';
import { type HttpRequest, readJsonBody } from '../../shared/http-message';

/** A function takes 6 MB as base64, headers included; beyond that the gateway refuses in words of its own. */
const MAX_BODY_BYTES = 4_000_000;

/** Each is a marker and a row of the history; dispatch takes them within its time. */
const MAX_EVENTS = 1000;

export interface PublishedEvents {
  readonly drafts: readonly EventDraft[];
  /** A batch, or an array of the plain form. */
  readonly isList: boolean;
}

type ReadOne = (event: JsonText, where: string) => EventDraft;

/**
 * What `POST /v1/events` was sent: CloudEvents in structured, batch or binary mode by the content type and the
 * `ce-` headers (HTTP binding, section 3), else our plain form, one or a list.
 * @throws ServiceError naming the place of the event and the field.
 */
export function readPublishedEvents(request: HttpRequest): PublishedEvents {
  const mediaType = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  switch (mediaType) {
    case 'application/cloudevents+json':
      return { drafts: [readStructuredEvent(readJsonBody(request, MAX_BODY_BYTES), '')], isList: false };
    case 'application/cloudevents-batch+json':
      return readList(readJsonBody(request, MAX_BODY_BYTES), readStructuredEvent);
    default:
      return mediaType.startsWith('application/cloudevents') ? refuse(mediaType) : readOther(request);
  }
}

function readOther(request: HttpRequest): PublishedEvents {
  if (isBinaryCloudEvent(request.headers)) {
    return { drafts: [readBinaryEvent(request)], isList: false };
  }
  const body = readJsonBody(request, MAX_BODY_BYTES);
  return Array.isArray(body.value)
    ? readList(body, readPlainEvent)
    : { drafts: [readPlainEvent(body, '')], isList: false };
}

function readBinaryEvent(request: HttpRequest): EventDraft {
  const attributes = readCloudEventHeaders(request.headers);
  // A CloudEvent may have no data.
  if (request.body.length === 0) {
    return readCloudEvent(attributes, { value: null, text: 'null' }, '');
  }
  // The media type first: what is no JSON is refused for what it is.
  readCloudEvent(attributes, { value: null, text: 'null' }, '');
  const { value, text } = readJsonBody(request, MAX_BODY_BYTES);
  return readCloudEvent(attributes, { value, text: text.trim() }, '');
}

function readList({ value, text }: JsonText, readOne: ReadOne): PublishedEvents {
  if (!Array.isArray(value)) {
    throw new ServiceError('body_invalid', 'the body must be an array of events');
  }
  if (value.length > MAX_EVENTS) {
    throw new ServiceError(
      'body_too_large',
      `the body has ${value.length} events; the limit is ${MAX_EVENTS}`,
    );
  }
  const drafts = sliceElements(text).map((slice, index) =>
    readOne({ value: value[index], text: slice }, `event ${index}: `),
  );
  return { drafts, isList: true };
}

function refuse(mediaType: string): never {
  throw new ServiceError(
    'media_type_unsupported',
    `CloudEvents are taken in JSON: application/cloudevents+json or application/cloudevents-batch+json, not ${mediaType.slice(0, 100)}`,
  );
}
