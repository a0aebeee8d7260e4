import type { ConnectEventResponse, ConnectPayload } from './connect-response';
import type { MessageEventResponse } from './message-response';
import type { Warning } from './profile';
import type { RequestValidator } from './request-validator';
import type {
  ConnectEventRequest,
  ConnectedEventRequest,
  DisconnectedEventRequest,
  GroupEventRequest,
  MessageEventRequest,
} from './requests';

type Returned<Value> = Value | Promise<Value>;
// biome-ignore lint/suspicious/noConfusingVoidType: a handler without a return statement is one that answers nothing
type Nothing = void | undefined;

/** Handlers get the request and, of a blocking event, the response; they may be asynchronous. */
export interface EventHandlers {
  /** Decides who connects: returns what the connection is given (nothing is fine), refuses by `fail` or by throwing. */
  handleConnect(
    request: ConnectEventRequest,
    response: ConnectEventResponse,
  ): Returned<ConnectPayload | Nothing>;
  /** Returns what the client gets back: a string, bytes, any other JSON value, or nothing. A refusal drops the client. */
  handleUserMessage?(request: MessageEventRequest, response: MessageEventResponse): unknown;
  handleConnected?(request: ConnectedEventRequest): Returned<unknown>;
  handleDisconnected?(request: DisconnectedEventRequest): Returned<unknown>;
  /** Presence: the connection joined a group. */
  handleGroupJoined?(request: GroupEventRequest): Returned<unknown>;
  handleGroupLeft?(request: GroupEventRequest): Returned<unknown>;
  /**
   * Told of every error on its way into a reply. @returns a status instead of the error's own, or nothing. In parity
   * with Python it is told of the library's errors alone.
   */
  handleException?(error: unknown): Returned<number | Nothing>;
}

export interface EventHandlerOptions extends EventHandlers {
  /** Who may send events. Without one anybody may, whatever the request says of itself. */
  readonly requestValidator?: RequestValidator;
  /** The hub or hubs handled, in any case; without it every hub is. */
  readonly hub?: string | readonly string[];
  /** `python`: statuses and texts of the Python library, its gaps included. @default safe by default */
  readonly parity?: 'python';
  /** @default 1 MiB, more than a message of Web PubSub can have */
  readonly maxBodyBytes?: number;
  /** How long a blocking event's handler may take before the sender gets 504. @default 25 s */
  readonly handlerTimeoutSeconds?: number;
  /** Events per minute that are wanted, told to who asks; it is the sender who keeps to it. @default '*', any number */
  readonly allowedRate?: number | '*';
  /** Grants also by `webhook-request-origin`, the header that the Python library's wrapper replies. @default false */
  readonly legacyGrant?: boolean;
  /** Told what was put up with. @default nothing is told */
  readonly onWarning?: (warning: Warning) => void;
  /** Told of errors that are no refusals, with their stack; replies never show them. @default console.error */
  readonly onError?: (error: unknown) => void;
}
