import { readCisPrivateKey, readJwksUri, readPublishersJwks } from './setting-files';
import { parseOverrides, type SettingOverrides, SettingsError } from './settings';

export { type SettingOverrides, SettingsError, settingsWithoutEffect } from './settings';

export const stageNames = ['preview', 'dev', 'prod'] as const;

/** `preview` is the developer preview, what `npm start` uses. */
export type StageName = (typeof stageNames)[number];

/** What makes a stage what it is; not to be overridden. */
interface StageTraits {
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

const traits: Record<StageName, StageTraits> = {
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
  | 'allowPrivateTargets'
  | 'seedProfiles'
  | 'acceptUnknownTopics'
  | 'dedupeTriggers'
  | 'dedupeDays'
  | 'openRegistration'
  | 'maxBulkMessages'
  | 'recoverySeconds'
  | 'tickSeconds'
  | 'v2WaitSeconds'
  | 'enhancedFanOut'
  | 'resendDeadLettersAfterMinutes'
  | 'deliveryConcurrency'
  | 'provisionedConcurrency'
  | 'localWorkers';

type Defaults = { readonly [Key in Defaulted]: NonNullable<SettingOverrides[Key]> };

const preview: Defaults = {
  verifySignatures: false,
  verifyPublishers: true,
  verifyTokens: false,
  requireAuth: { topics: false, events: false, hub: false },
  allowPrivateTargets: true,
  seedProfiles: 100,
  acceptUnknownTopics: true,
  dedupeTriggers: true,
  dedupeDays: 30,
  openRegistration: false,
  maxBulkMessages: 3000,
  recoverySeconds: 5,
  tickSeconds: 1,
  v2WaitSeconds: 5,
  enhancedFanOut: false,
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
  allowPrivateTargets: false,
  seedProfiles: 0,
  recoverySeconds: 60,
  tickSeconds: 60,
};

const defaults: Record<StageName, Defaults> = {
  preview,
  dev,
  prod: { ...dev, enhancedFanOut: true, deliveryConcurrency: 100 },
};

/** Everything the constructs and the local runner need to know of a stage; files are read, defaults filled in. */
export interface StageSettings
  extends StageTraits,
    Defaults,
    Pick<
      SettingOverrides,
      'registrationToken' | 'triggerToken' | 'tokenSecret' | 'pubsub' | 'publicBaseUrl'
    > {
  readonly stage: StageName;
  /** JSON: `{publisher: {keys: [JWK]}}`, public keys alone. */
  readonly publishersJwks: string;
  /** PEM or JWK; absent: the stack generates one. */
  readonly cisPrivateKey?: string | undefined;
  /** A URI (`data:` when it was a file); empty where tokens are decoded only. */
  readonly jwksUri: string;
  readonly issuer: string;
  readonly audience: string;
}

/**
 * A stage's settings: its defaults under the overrides.
 * @param overrides as `-c config=FILE` or a caller in code gives them; checked here.
 * @param baseDirectory what relative paths in the overrides are relative to.
 * @throws SettingsError naming the key, the stage and how to set it.
 */
export function stageSettings(
  stage: StageName,
  overrides: SettingOverrides = {},
  baseDirectory: string = process.cwd(),
): StageSettings {
  const given = parseOverrides(overrides);
  const { publishersJwks, cisPrivateKey, jwksUri, issuer, audience, requireAuth, ...plain } = given;
  const settings: StageSettings = {
    ...traits[stage],
    ...defaults[stage],
    ...withoutUndefined(plain),
    stage,
    requireAuth: { ...defaults[stage].requireAuth, ...requireAuth },
    publishersJwks: publishersJwks ? readPublishersJwks(publishersJwks, baseDirectory) : '{}',
    cisPrivateKey: cisPrivateKey ? readCisPrivateKey(cisPrivateKey, baseDirectory) : undefined,
    jwksUri: jwksUri ? readJwksUri(jwksUri, baseDirectory) : '',
    issuer: issuer ?? '',
    audience: audience ?? '',
  };
  requireIdentityProvider(settings);
  refuseSecretsInTemplate(settings);
  requireWholeMinutes(settings);
  return settings;
}

/** @throws SettingsError when `name` is none of the stages. */
export function parseStageName(name: unknown): StageName {
  const stage = stageNames.find((known) => known === name);
  if (stage === undefined) {
    throw new SettingsError(`there is no stage "${String(name)}": say -c stage=${stageNames.join('|')}`);
  }
  return stage;
}

function requireIdentityProvider(settings: StageSettings): void {
  const { stage, verifyTokens } = settings;
  const missing = (['issuer', 'jwksUri', 'audience'] as const).filter((key) => settings[key] === '');
  if (missing.length > 0 && (stage !== 'preview' || verifyTokens)) {
    throw new SettingsError(
      `the stage ${stage} needs the setting${missing.length > 1 ? 's' : ''} ${missing.join(', ')} to verify tokens: ` +
        `write {"${missing[0]}": "…"} into a JSON file and say -c config=FILE, ` +
        `or set it in cdk.json under context.changewire.${stage}`,
    );
  }
}

/** A template is readable by everyone who may look at the stack; outside the preview it holds no secret. */
function refuseSecretsInTemplate(settings: StageSettings): void {
  const secrets = ['registrationToken', 'triggerToken', 'tokenSecret', 'cisPrivateKey'] as const;
  const found = secrets.find((key) => settings[key] !== undefined);
  if (found !== undefined && settings.stage !== 'preview') {
    throw new SettingsError(
      `the stage ${settings.stage} does not take the setting ${found}: it would be readable in the template. ` +
        'Deploy without it, then put your value into the secret of that name (docs/runbook.md#secrets)',
    );
  }
}

/** AWS runs a schedule once a minute at most; the local runner any number of seconds. */
function requireWholeMinutes({ stage, tickSeconds }: StageSettings): void {
  if (stage !== 'preview' && tickSeconds % 60 !== 0) {
    throw new SettingsError(
      `the stage ${stage} needs tickSeconds in whole minutes (60, 120, …): it is ${tickSeconds}`,
    );
  }
}

function withoutUndefined<T extends object>(record: T): { [Key in keyof T]: NonNullable<T[Key]> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]: NonNullable<T[Key]>;
  };
}
