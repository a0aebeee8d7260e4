import { createHmac } from 'node:crypto';

/** An event of Web PubSub as its service sends it. */
export interface SentEvent {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array;
}

export interface EventChanges {
  readonly method?: string;
  readonly path?: string;
  /** Undefined takes a header away. */
  readonly headers?: Record<string, string | undefined>;
  readonly body?: string | Uint8Array;
}

export const accessKeys = { primary: 'primarykey', secondary: 'secondarykey' };
export const connectionString = (key = accessKeys.primary) =>
  `Endpoint=https://service.example.org;AccessKey=${key};Version=1.0;`;

/** `ce-signature`: one item per key. */
export function signConnection(connectionId: string, keys: readonly string[]): string {
  return keys
    .map((key) => `sha256=${createHmac('sha256', key).update(connectionId).digest('hex')}`)
    .join(',');
}

export const encodeState = (state: unknown) => Buffer.from(JSON.stringify(state)).toString('base64');
export const decodeState = (header: string | undefined) =>
  header === undefined ? undefined : JSON.parse(Buffer.from(header, 'base64').toString());

const bodies: Readonly<Record<string, string>> = {
  'sys.connect':
    '{"claims":{"role":["writer"]},"query":{"room":["1"]},"headers":{},"subprotocols":[],"clientCertificates":[]}',
  'sys.connected': '{}',
  'sys.disconnected': '{"reason":"bye"}',
  'gp.joined': '{"group":"lobby"}',
  'gp.left': '{"group":"lobby"}',
};

/** @param type without `azure.webpubsub.`: `sys.connect`, `user.message`, … */
export function makeEvent(type: string, changes: EventChanges = {}): SentEvent {
  const contentType = type.startsWith('user.') ? 'text/plain' : 'application/json; charset=utf-8';
  const headers: Record<string, string | undefined> = {
    'WebHook-Request-Origin': 'service.example.org',
    'ce-specversion': '1.0',
    'ce-awpsversion': '1.0',
    'ce-type': `azure.webpubsub.${type}`,
    'ce-source': '/hubs/chat/client/conn-0001',
    'ce-id': '1',
    'ce-time': '2021-01-01T00:00:00Z',
    'ce-signature': signConnection('conn-0001', [accessKeys.primary, accessKeys.secondary]),
    'ce-userId': 'ada',
    'ce-connectionId': 'conn-0001',
    'ce-hub': 'chat',
    'ce-eventName': type.slice(type.indexOf('.') + 1),
    'ce-connectionState': 'e30=',
    'Content-Type': contentType,
    ...changes.headers,
  };
  return {
    method: changes.method ?? 'POST',
    path: changes.path ?? '/eventhandler',
    headers: Object.fromEntries(
      Object.entries(headers).filter((pair): pair is [string, string] => pair[1] !== undefined),
    ),
    body: changes.body ?? bodies[type] ?? 'hello',
  };
}

export function makePreflight(headers: Record<string, string | undefined> = {}): SentEvent {
  const sent = { 'WebHook-Request-Origin': 'service.example.org', 'ce-awpsversion': '1.0', ...headers };
  return {
    method: 'OPTIONS',
    path: '/eventhandler',
    headers: Object.fromEntries(
      Object.entries(sent).filter((pair): pair is [string, string] => pair[1] !== undefined),
    ),
    body: '',
  };
}

/** As `MQTT` clients' events come: connect without session, the others with one. */
export const mqttHeaders = {
  'ce-subprotocol': 'mqtt',
  'ce-physicalConnectionId': 'physical-1',
  'ce-sessionId': 'session-1',
};
