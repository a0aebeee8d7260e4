/**
 * Publishes messages through the topics door, as Postoffice's clients do, and loses none while the hub is down.
 */
export type { RetryPolicy } from '../connection';
export type { ClientLogger } from '../logger';
export type { AppliedStep, ConfigurationReport } from './apply-configuration';
export type {
  ConsumerConfiguration,
  HubConfiguration,
  PostofficeSettings,
  TopicConfiguration,
} from './configuration';
export { type FailedMessage, MessageError, type MessageErrorCode, type MessageErrorDetails } from './errors';
export { FileBuffer, type FileBufferOptions } from './file-buffer';
export type { Health } from './hub-calls';
export { MemoryBuffer } from './memory-buffer';
export { type Attributes, JsonText, type Message } from './message';
export type { BufferLimits, BufferStats, MessageBuffer, RefusedMessage } from './message-buffer';
export { type ConfigureOptions, MessageClient, type PublishOptions } from './message-client';
export type { FlushReport } from './message-sender';
export type { ConfigurationPlan, PlannedStep, Prune } from './plan-configuration';
export type { BulkResult, CancelResult, PublishResult } from './publish-result';
export { RecoveryEndpoint, type RecoveryOptions } from './recovery-endpoint';
export type { ScheduleTime } from './schedule-time';
export type { MessageClientOptions, MessageRetryPolicy } from './settings';
