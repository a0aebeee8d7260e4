import type { SettingOverrides } from './settings';

export const stageNames = ['preview', 'dev', 'prod'] as const;

/** `preview` is the developer preview, what `npm start` uses. */
export type StageName = (typeof stageNames)[number];

/** What makes a stage what it is; not to be overridden. */
export interface StageTraits {
  /** Data outlives the stack: retained, restorable to any second, protected from deletion. */
  readonly keepsData: boolean;
  readonly streamMode: 'provisioned' | 'on-demand';
  readonly streamRetentionHours: number;
  readonly logRetentionDays: 7 | 30 | 90;
  /** Stage-level throttling of the API: a bound on the bill, not a fairness rule. */
  readonly requestsPerSecond: number;
  readonly requestBurst: number;
  readonly hasDashboard: boolean;
  /** Alarms reach people through an SNS topic. */
  readonly notifies: boolean;
}

/** What a stage is. */
export const traits: Record<StageName, StageTraits> = {
  preview: {
    keepsData: false,
    streamMode: 'provisioned',
    streamRetentionHours: 24,
    logRetentionDays: 7,
    requestsPerSecond: 1000,
    requestBurst: 2000,
    hasDashboard: false,
    notifies: false,
  },
  dev: {
    keepsData: false,
    streamMode: 'provisioned',
    streamRetentionHours: 24,
    logRetentionDays: 30,
    requestsPerSecond: 200,
    requestBurst: 400,
    hasDashboard: true,
    notifies: false,
  },
  prod: {
    keepsData: true,
    streamMode: 'on-demand',
    streamRetentionHours: 7 * 24,
    logRetentionDays: 90,
    requestsPerSecond: 2000,
    requestBurst: 4000,
    hasDashboard: true,
    notifies: true,
  },
};

type Defaulted =
  | 'verifySignatures'
  | 'verifyPublishers'
  | 'verifyTokens'
  | 'requireAuth'
  | 'hubs'
  | 'allowPrivateTargets'
  | 'targetArns'
  | 'seedProfiles'
  | 'acceptUnknownTopics'
  | 'dedupeTriggers'
  | 'dedupeDays'
  | 'openRegistration'
  | 'maxBulkMessages'
  | 'recoverySeconds'
  | 'tickSeconds'
  | 'v2WaitSeconds'
  | 'allowDelete'
  | 'enhancedFanOut'
  | 'publicMetadata'
  | 'resendDeadLettersAfterMinutes'
  | 'deliveryConcurrency'
  | 'provisionedConcurrency'
  | 'localWorkers';

/** The settings that have a default in every stage. */
export type Defaults = { readonly [Key in Defaulted]: NonNullable<SettingOverrides[Key]> };

const preview: Defaults = {
  verifySignatures: false,
  verifyPublishers: true,
  verifyTokens: false,
  requireAuth: { topics: false, events: false, hub: false },
  // Every hub, and whoever connects.
  hubs: { '*': { anonymous: true } },
  allowPrivateTargets: true,
  targetArns: [],
  seedProfiles: 100,
  acceptUnknownTopics: true,
  dedupeTriggers: true,
  dedupeDays: 30,
  openRegistration: false,
  maxBulkMessages: 3000,
  recoverySeconds: 5,
  tickSeconds: 1,
  v2WaitSeconds: 5,
  allowDelete: true,
  enhancedFanOut: false,
  publicMetadata: true,
  resendDeadLettersAfterMinutes: 0,
  deliveryConcurrency: 10,
  provisionedConcurrency: {},
  localWorkers: 1,
};

const dev: Defaults = {
  ...preview,
  verifySignatures: true,
  verifyTokens: true,
  requireAuth: { topics: true, events: true, hub: true },
  hubs: {},
  allowPrivateTargets: false,
  publicMetadata: false,
  seedProfiles: 0,
  recoverySeconds: 60,
  tickSeconds: 60,
};

/** The settings of a stage that nobody overrode. */
export const defaults: Record<StageName, Defaults> = {
  preview,
  dev,
  prod: {
    ...dev,
    allowDelete: false,
    enhancedFanOut: true,
    deliveryConcurrency: 100,
    // Postoffice's client waits for 0.5 s, some projects for 0.3, the start of an instance included; then it stores
    // the message as failed, although it may have been accepted (docs/messages.md).
    provisionedConcurrency: { 'accept-messages': 2, 'manage-consumers': 1, 'read-health': 1 },
  },
};
