/**
 * Publishes messages through the topics door, as Postoffice's clients do, and loses none while the hub is down.
 */
export type { RetryPolicy } from '../connection';
export type { ClientLogger } from '../logger';
export { type FailedMessage, MessageError, type MessageErrorCode, type MessageErrorDetails } from './errors';
export { FileBuffer, type FileBufferOptions } from './file-buffer';
export { MemoryBuffer } from './memory-buffer';
export { type Attributes, JsonText, type Message } from './message';
export type { BufferLimits, BufferStats, MessageBuffer, RefusedMessage } from './message-buffer';
export { type Health, MessageClient, type PublishOptions } from './message-client';
export type { FlushReport } from './message-sender';
export type { BulkResult, CancelResult, PublishResult } from './publish-result';
export type { ScheduleTime } from './schedule-time';
export type { MessageClientOptions, MessageRetryPolicy } from './settings';
