/**
 * Publishes events as `bc-events` does, and without losing or doubling any; definitions that the compiler sees are
 * checked by it.
 */
export type { RetryPolicy } from '../connection';
export { EventError, type EventErrorCode, type EventErrorDetails, type FailedEvent } from './errors';
export { EventClient, type EventClientOptions, type SessionOf } from './event-client';
export { EventSession, type SessionOptions, type SessionSnapshot } from './event-session';
export {
  type ExpressEventSessions,
  type ExpressRequest,
  type ExpressResponse,
  toExpressEventSessions,
} from './express';
export { toFetchEventSessions } from './fetch';
export { type LambdaEvent, toLambdaEventSessions } from './lambda';
export type { Actor, QueuedEvent } from './queued-event';
export type { HandledEvent, RequestSessionOptions } from './request-session';
export type { FromSchema } from './schema-types';
export type { EventData, EventRequest, MagicCalls, RequestOf } from './session-types';
export type { ConnectionOptions, EventLogger } from './settings';
export type { JsonSchema, TopicDefinition, TopicDefinitions } from './topic-definitions';
export type { Topic } from './topic-table';
