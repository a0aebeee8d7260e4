import type { ConnectionContext } from './connection-context';
import { InvalidEventTypeError } from './errors';
import type { RawBody } from './http';
import { bytesOf, textOf } from './json-body';
import { InvalidPayloadError, UnsupportedContentTypeError } from './refusals';
import {
  ConnectEventRequest,
  ConnectedEventRequest,
  DisconnectedEventRequest,
  GroupEventRequest,
  type MessageData,
  MessageEventRequest,
  type ServiceRequest,
} from './requests';

export type EventKind = 'connect' | 'connected' | 'disconnected' | 'joined' | 'left' | 'message';

const kinds: Readonly<Record<string, EventKind>> = {
  'azure.webpubsub.sys.connect': 'connect',
  'azure.webpubsub.sys.connected': 'connected',
  'azure.webpubsub.sys.disconnected': 'disconnected',
  'azure.webpubsub.user.message': 'message',
};

const presence: Readonly<Record<string, EventKind>> = {
  'azure.webpubsub.gp.joined': 'joined',
  'azure.webpubsub.gp.left': 'left',
};

/** @throws InvalidEventTypeError; in parity with Python also for presence and events of the clients' own names. */
function kindOf(context: ConnectionContext): EventKind {
  const { eventType, profile } = context;
  const known = profile.isPython ? kinds : { ...kinds, ...presence };
  if (Object.hasOwn(known, eventType)) {
    return known[eventType] as EventKind;
  }
  if (!profile.isPython && /^azure\.webpubsub\.user\../.test(eventType)) {
    return 'message';
  }
  throw new InvalidEventTypeError(context, eventType);
}

/** @throws UnsupportedContentTypeError before a body is read that nobody could use. */
export function checkContentType(context: ConnectionContext): void {
  if (kindOf(context) === 'message') {
    dataTypeOf(context);
  }
}

/** @throws BaseError for a body that is not what its event promises. */
export function readRequest(context: ConnectionContext, payload: RawBody): ServiceRequest {
  const kind = kindOf(context);
  switch (kind) {
    case 'connect':
      return new ConnectEventRequest(context, payload);
    case 'connected':
      return new ConnectedEventRequest(context, payload);
    case 'disconnected':
      return new DisconnectedEventRequest(context, payload);
    case 'joined':
    case 'left':
      return new GroupEventRequest(context, payload, kind);
    case 'message':
      return new MessageEventRequest(context, payload, readMessage(context, payload));
  }
}

function dataTypeOf({ headers, mqtt, profile }: ConnectionContext): MessageData['dataType'] {
  const contentType = headers['content-type'];
  switch (contentType?.split(';')[0]?.trim().toLowerCase()) {
    case 'text/plain':
      return 'text';
    case 'application/json':
      return 'json';
    case 'application/octet-stream':
      return 'binary';
    default:
      if (mqtt || profile.isPython) {
        return 'binary';
      }
      throw new UnsupportedContentTypeError(contentType);
  }
}

function readMessage(context: ConnectionContext, payload: RawBody): MessageData {
  if (context.profile.isPython) {
    // The Python library hands the body over as it came, whatever its type says.
    return typeof payload === 'string'
      ? { dataType: 'text', data: payload }
      : { dataType: 'binary', data: payload };
  }
  const dataType = dataTypeOf(context);
  try {
    switch (dataType) {
      case 'text':
        return { dataType, data: textOf(payload) };
      case 'json':
        return { dataType, data: JSON.parse(textOf(payload)) };
      case 'binary':
        return { dataType, data: bytesOf(payload) };
    }
  } catch (cause) {
    const text = dataType === 'json' ? 'JSON in UTF-8' : 'text in UTF-8';
    throw new InvalidPayloadError(`The body of the user event is not ${text}, as its Content-Type says.`, {
      cause,
    });
  }
}
