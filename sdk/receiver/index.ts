/**
 * Handles Azure Web PubSub's events and Changewire's webhooks, in any runtime; it imports nothing at run time.
 *
 * @example
 * ```ts
 * import { AccessKeyValidator, EventHandler, toFetchHandler } from 'changewire/receiver';
 *
 * const handler = new EventHandler({
 *   requestValidator: new AccessKeyValidator('Endpoint=https://service.example.org;AccessKey=primarykey;Version=1.0;'),
 *   handleConnect: ({ userId }, response) => (userId ? { groups: ['lobby'] } : response.fail(401, 'who are you?')),
 *   handleUserMessage: ({ data }) => `you said ${data}`,
 * });
 * const serve = toFetchHandler(handler, { path: '/eventhandler' });
 * const response = await serve(new Request('https://example.org/eventhandler', { method: 'POST', headers, body: '{}' }));
 * console.log(response.status, await response.text()); // 401 who are you?
 * ```
 */
export { AccessKeyValidator, type AccessKeyValidatorOptions } from './access-key-validator';
export { ConnectEventResponse, type ConnectPayload } from './connect-response';
export { ConnectionContext, type MqttContext } from './connection-context';
export type { StateValues } from './connection-state';
export {
  BaseError,
  ContextBasedError,
  HandlerNotFoundError,
  HeaderNotFoundError,
  HeaderNotFoundError as HeaderNotFound,
  InvalidConnectRequestError,
  InvalidEventNameError,
  InvalidEventTypeError,
  ValidationFailedError,
} from './errors';
export { EventHandler } from './event-handler';
export type { EventHandlerOptions, EventHandlers } from './event-handler-options';
export { type ExpressRequest, toExpressMiddleware } from './express';
export { type FetchHandler, type FetchOptions, toFetchHandler } from './fetch';
export type {
  Answer,
  HeaderSource,
  IncomingRequest,
  RawBody,
  Reply,
  Responder,
  ServingOptions,
} from './http';
export { type IdempotencyStore, MemoryIdempotencyStore } from './idempotency-store';
export type { ListsByName } from './json-body';
export { type LambdaEventV1, type LambdaEventV2, type LambdaReply, toLambdaHandler } from './lambda';
export { MessageEventResponse, type ReplyDataType } from './message-response';
export type {
  MqttConnectProperties,
  MqttConnectRefusal,
  MqttDisconnectedProperties,
  MqttUserProperty,
} from './mqtt';
export { MqttV311ConnectReturnCode, MqttV500ConnectReasonCode } from './mqtt-codes';
export { type NodeRequest, type NodeResponse, toNodeListener } from './node';
export type { Warning } from './profile';
export {
  HandlerTimeoutError,
  HeadersTooLargeError,
  InvalidHeaderError,
  InvalidPayloadError,
  PayloadTooLargeError,
  UnknownHubError,
  UnsupportedContentTypeError,
} from './refusals';
export { AllowedOriginsValidator, type RequestValidator } from './request-validator';
export {
  type ClientCertificate,
  ConnectEventRequest,
  ConnectedEventRequest,
  DisconnectedEventRequest,
  GroupEventRequest,
  type MessageData,
  MessageEventRequest,
  ServiceRequest,
} from './requests';
export { BlockingResponse, ServiceErrorResponse, ServiceResponse } from './responses';
export type { SubtlePrimitives } from './web-crypto';
export { type ReceivedWebhook, WebhookReceiver, type WebhookReceiverOptions } from './webhook-receiver';
export {
  type Verification,
  type VerificationFailure,
  WebhookVerifier,
  type WebhookVerifierOptions,
} from './webhook-verifier';
