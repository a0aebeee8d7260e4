import { ConnectionState, type StateValues } from './connection-state';
import { HeaderNotFoundError } from './errors';
import type { HeaderMap } from './header-map';
import { MAX_HEADER_BYTES } from './limits';
import type { Profile, Report } from './profile';
import { HeadersTooLargeError, InvalidHeaderError } from './refusals';

/** What MQTT connections have besides. */
export interface MqttContext {
  readonly physicalConnectionId: string;
  /** Not there on connect. */
  readonly sessionId: string | undefined;
}

/**
 * The connection that an event is of, and the event's attributes: what its headers say.
 *
 * @example
 * ```ts
 * const { context } = await handler.fromHttp(headers, '{}');
 * console.log(context.hub, context.connectionId, context.eventType, context.origin);
 * // chat conn-0001 azure.webpubsub.sys.connect service.example.org
 * ```
 */
export class ConnectionContext {
  readonly hub: string;
  readonly connectionId: string;
  /** `ce-type` in lower case. */
  readonly eventType: string;
  /** As the sender writes it; in lower case in parity with Python. */
  readonly eventName: string;
  /** The first of {@link origins}. */
  readonly origin: string;
  readonly origins: readonly string[];
  readonly userId: string | undefined;
  readonly subprotocol: string | undefined;
  /** The first of {@link signatures}. */
  readonly signature: string | undefined;
  readonly signatures: readonly string[];
  /** `ce-id`: in practice a counter per connection. */
  readonly id: string | undefined;
  /** `ce-time`, RFC 3339. */
  readonly time: string | undefined;
  readonly source: string | undefined;
  readonly clientProtocol: 'default' | 'mqtt';
  readonly mqtt: MqttContext | undefined;
  private state: ConnectionState | undefined;

  /** @throws HeaderNotFoundError for a header that every event has. */
  constructor(
    private readonly headerMap: HeaderMap,
    readonly profile: Profile,
    private readonly warn: Report = () => {},
  ) {
    checkSize(headerMap);
    this.hub = this.required('ce-hub');
    this.connectionId = this.required('ce-connectionid');
    this.eventType = this.required('ce-type').toLowerCase();
    const eventName = this.required('ce-eventname');
    this.eventName = profile.isPython ? eventName.toLowerCase() : eventName;
    this.origin = this.required('webhook-request-origin');
    this.origins = headerMap.list('webhook-request-origin');
    this.userId = this.optional('ce-userid');
    this.subprotocol = this.optional('ce-subprotocol');
    this.signatures = headerMap.list('ce-signature');
    this.signature = profile.isPython ? this.optional('ce-signature') : this.signatures[0];
    this.id = this.optional('ce-id');
    this.time = this.optional('ce-time');
    this.source = this.optional('ce-source');
    this.mqtt = this.readMqtt();
    this.clientProtocol = this.mqtt ? 'mqtt' : 'default';
    if (profile.isPython) {
      // Its context decodes the base64 at once, and the JSON when the state is read.
      ConnectionState.decodeBytesLeniently(this.required('ce-connectionstate'));
    }
  }

  /** The connection's state, decoded; fresh at each read. What cannot be decoded counts as none. */
  get connectionState(): StateValues {
    return this.readState().toObject();
  }

  /** The request's headers, names in lower case. */
  get headers(): Record<string, string> {
    return this.headerMap.toObject();
  }

  /** A copy, for the response to edit. */
  readState(): ConnectionState {
    this.state ??= this.decodeState();
    return this.state.copy();
  }

  private decodeState(): ConnectionState {
    const header = this.optional('ce-connectionstate');
    if (this.profile.isPython) {
      return ConnectionState.decodeLeniently(header ?? '');
    }
    const decoded = header === undefined ? ConnectionState.empty() : ConnectionState.decode(header);
    if (decoded === undefined) {
      const text = 'ce-connectionState is not base64 of a JSON object; it counts as empty';
      this.warn({ code: 'state_unreadable', text });
    }
    return decoded ?? ConnectionState.empty();
  }

  private optional(name: string): string | undefined {
    const value = this.headerMap.first(name);
    // The Python library reads every header up to its first comma, and takes an empty one for one that is there.
    return this.profile.isPython ? value?.split(',')[0] : printable(name, value) || undefined;
  }

  private required(name: string): string {
    const value = this.optional(name);
    if (value === undefined) {
      throw new HeaderNotFoundError(name);
    }
    return value;
  }

  private readMqtt(): MqttContext | undefined {
    const physicalConnectionId = this.optional('ce-physicalconnectionid');
    return physicalConnectionId !== undefined && this.subprotocol?.toLowerCase().includes('mqtt')
      ? { physicalConnectionId, sessionId: this.optional('ce-sessionid') }
      : undefined;
  }
}

/** A line feed in a user id is one in somebody's log, or header, tomorrow. */
function printable(name: string, value: string | undefined): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (value !== undefined && /[\x00-\x1f\x7f]/.test(value)) {
    throw new InvalidHeaderError(name);
  }
  return value;
}

function checkSize(headers: HeaderMap): void {
  let size = 0;
  for (const [name, value] of headers.entries()) {
    size += /^(ce|webhook|mqtt)-/.test(name) ? name.length + value.length : 0;
  }
  if (size > MAX_HEADER_BYTES) {
    throw new HeadersTooLargeError(MAX_HEADER_BYTES);
  }
}
