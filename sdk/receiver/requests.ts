import type { ConnectionContext } from './connection-context';
import type { StateValues } from './connection-state';
import type { RawBody } from './http';
import { bytesOf, JsonBody, type ListsByName } from './json-body';
import {
  type MqttConnectProperties,
  type MqttDisconnectedProperties,
  type MqttUserProperty,
  userPropertiesOf,
} from './mqtt';

/** What every event has. */
export abstract class ServiceRequest {
  /** Whether the client waits for the answer. */
  get isBlocking(): boolean {
    return true;
  }

  constructor(
    readonly context: ConnectionContext,
    /** The body as it came. */
    readonly payload: RawBody,
  ) {}

  get hub(): string {
    return this.context.hub;
  }

  get connectionId(): string {
    return this.context.connectionId;
  }

  get userId(): string | undefined {
    return this.context.userId;
  }

  /** The connection's state; fresh at each read, edit it in the response. */
  get connectionState(): StateValues {
    return this.context.connectionState;
  }

  get webhookRequestOrigin(): string {
    return this.context.origin;
  }

  /** The headers of the request, names in lower case. */
  get headers(): Record<string, string> {
    return this.context.headers;
  }
}

/** Web PubSub tells of client certificates by both. */
export interface ClientCertificate {
  /** SHA-1, in hexadecimal. */
  readonly thumbprint: string;
  /** PEM. */
  readonly content?: string;
}

/** Somebody wants to connect. The claims are those of the client's token, query and headers its own choice. */
export class ConnectEventRequest extends ServiceRequest {
  readonly claims: ListsByName;
  readonly query: ListsByName;
  /** The headers of the client's handshake; {@link headers} are those of this request. */
  readonly clientHeaders: ListsByName;
  readonly subprotocols: readonly string[];
  readonly clientCertificates: readonly ClientCertificate[];
  /** Of MQTT clients alone. */
  readonly mqtt: MqttConnectProperties | undefined;

  /** @throws InvalidConnectRequestError */
  constructor(context: ConnectionContext, payload: RawBody) {
    super(context, payload);
    const body = JsonBody.parse(context, payload);
    this.claims = body.lists('claims');
    this.query = body.lists('query');
    this.clientHeaders = body.lists('headers');
    this.subprotocols = body.strings('subprotocols');
    this.clientCertificates = body.objects('clientCertificates');
    this.mqtt = body.object('mqtt');
  }

  /** {@link query} as the Express library calls it. */
  get queries(): ListsByName {
    return this.query;
  }
}

/** The connection is open. Nobody waits for an answer. */
export class ConnectedEventRequest extends ServiceRequest {
  override get isBlocking(): boolean {
    return false;
  }
}

/** The connection has ended, or has never been completed. Nobody waits for an answer. */
export class DisconnectedEventRequest extends ServiceRequest {
  readonly reason: string | null;
  readonly mqtt: MqttDisconnectedProperties | undefined;

  constructor(context: ConnectionContext, payload: RawBody) {
    super(context, payload);
    const body = JsonBody.parse(context, payload, !context.profile.isPython);
    const reason = body.string('reason');
    this.reason = reason === undefined ? '' : reason;
    this.mqtt = body.object('mqtt');
  }

  override get isBlocking(): boolean {
    return false;
  }
}

/** The connection has joined or left a group (presence). Nobody waits for an answer. */
export class GroupEventRequest extends ServiceRequest {
  readonly group: string;

  constructor(
    context: ConnectionContext,
    payload: RawBody,
    readonly change: 'joined' | 'left',
  ) {
    super(context, payload);
    this.group = JsonBody.parse(context, payload).string('group') ?? '';
  }

  override get isBlocking(): boolean {
    return false;
  }
}

/** What a client sent, by its content type. */
export type MessageData =
  | { readonly dataType: 'text'; readonly data: string }
  | { readonly dataType: 'json'; readonly data: unknown }
  | { readonly dataType: 'binary'; readonly data: Uint8Array };

/** A client has sent a message, or an event of its own name (`context.eventName`). */
export class MessageEventRequest extends ServiceRequest {
  constructor(
    context: ConnectionContext,
    payload: RawBody,
    /** Type and data together, to be told apart by `message.dataType`. */
    readonly message: MessageData,
  ) {
    super(context, payload);
  }

  get dataType(): MessageData['dataType'] {
    return this.message.dataType;
  }

  /** A string, a parsed JSON value or a `Uint8Array`. */
  get data(): unknown {
    return this.message.data;
  }

  /** The body's bytes, whatever its type. */
  get bytes(): Uint8Array {
    return bytesOf(this.payload);
  }

  /** Of the PUBLISH packet; none for other clients. */
  get userProperties(): readonly MqttUserProperty[] {
    return this.context.mqtt ? userPropertiesOf(this.headers) : [];
  }
}
