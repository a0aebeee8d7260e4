import {
  readCisPrivateKey,
  readJwksUri,
  readPublisherRules,
  readPublishersJwks,
  readServiceAccount,
} from './setting-files';
import { parseOverrides, type SettingOverrides, SettingsError } from './settings';
import {
  type Defaults,
  defaults,
  type StageName,
  type StageTraits,
  stageNames,
  traits,
} from './stage-defaults';

/** Everything the constructs and the local runner need to know of a stage; files are read, defaults filled in. */
export interface StageSettings
  extends StageTraits,
    Defaults,
    Pick<
      SettingOverrides,
      | 'registrationToken'
      | 'triggerToken'
      | 'tokenSecret'
      | 'hubKeys'
      | 'publicBaseUrl'
      | 'forwardProxy'
      | 'notifyFrom'
    > {
  readonly stage: StageName;
  /** JSON: `{publisher: {keys: [JWK]}}`, public keys alone. */
  readonly publishersJwks: string;
  /** JSON: `{create, update}`; `{}` for the rules of the release. */
  readonly publisherRules: string;
  /** PEM or JWK; absent: the stack generates one. */
  readonly cisPrivateKey?: string | undefined;
  /** A URI (`data:` when it was a file); empty where tokens are decoded only. */
  readonly jwksUri: string;
  readonly issuer: string;
  readonly audience: string;
  /** Absent: consumers of the type pubsub cannot be made. */
  readonly pubsub?: PubsubSettings | undefined;
}

/** Where consumers of the type pubsub publish to. */
export interface PubsubSettings {
  /** @default Google's own */
  readonly baseUrl?: string | undefined;
  readonly project: string;
  /** The JSON of the account's key file; in the preview alone, elsewhere it is a secret's value. */
  readonly serviceAccount?: string | undefined;
  readonly idAttribute?: string | undefined;
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
  const {
    publishersJwks,
    publisherRules,
    cisPrivateKey,
    jwksUri,
    issuer,
    audience,
    requireAuth,
    hubs,
    pubsub,
    ...plain
  } = given;
  const settings: StageSettings = {
    ...traits[stage],
    ...defaults[stage],
    ...withoutUndefined(plain),
    stage,
    requireAuth: { ...defaults[stage].requireAuth, ...requireAuth },
    hubs: { ...defaults[stage].hubs, ...hubs },
    publishersJwks: publishersJwks ? readPublishersJwks(publishersJwks, baseDirectory) : '{}',
    publisherRules: publisherRules ? readPublisherRules(publisherRules, baseDirectory) : '{}',
    cisPrivateKey: cisPrivateKey ? readCisPrivateKey(cisPrivateKey, baseDirectory) : undefined,
    jwksUri: jwksUri ? readJwksUri(jwksUri, baseDirectory) : '',
    issuer: issuer ?? '',
    audience: audience ?? '',
    pubsub: pubsub && readPubsub(pubsub, baseDirectory),
  };
  requireIdentityProvider(settings);
  refuseSecretsInTemplate(settings);
  refuseUncheckedProd(settings);
  requireSecurePubsub(settings);
  requireWholeMinutes(settings);
  requireDuplicatesOutliveStream(settings);
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
  const { registrationToken, triggerToken, tokenSecret, cisPrivateKey, hubKeys, pubsub } = settings;
  const serviceAccount = pubsub?.serviceAccount;
  const secrets = {
    registrationToken,
    triggerToken,
    tokenSecret,
    cisPrivateKey,
    hubKeys,
    'pubsub.serviceAccount': serviceAccount,
  };
  const found = Object.entries(secrets).find(([, value]) => value !== undefined)?.[0];
  if (found !== undefined && settings.stage !== 'preview') {
    throw new SettingsError(
      `the stage ${settings.stage} does not take the setting ${found}: it would be readable in the template. ` +
        'Deploy without it, then put your value into the secret of that name (docs/runbook.md#secrets)',
    );
  }
}

/** Nothing in production is called before it is checked (law 8). */
function refuseUncheckedProd(settings: StageSettings): void {
  const off = (['verifySignatures', 'verifyPublishers', 'verifyTokens'] as const).filter(
    (key) => !settings[key],
  );
  if (settings.stage === 'prod' && off.length > 0) {
    throw new SettingsError(
      `the stage prod does not run with ${off.join(', ')} off: use dev or preview for that`,
    );
  }
}

function readPubsub(given: PubsubSettings, baseDirectory: string): PubsubSettings {
  const { serviceAccount, ...rest } = given;
  return serviceAccount === undefined
    ? rest
    : { ...rest, serviceAccount: readServiceAccount(serviceAccount, baseDirectory) };
}

/** What is published, and the token that lets us publish, cross the open network. */
function requireSecurePubsub({ stage, pubsub }: StageSettings): void {
  if (stage !== 'preview' && pubsub?.baseUrl !== undefined && !pubsub.baseUrl.startsWith('https:')) {
    throw new SettingsError(
      `the stage ${stage} publishes over https alone: pubsub.baseUrl is ${pubsub.baseUrl}`,
    );
  }
}

/** AWS runs a schedule once a minute at most; the local runner any number of seconds. */
function requireWholeMinutes(settings: StageSettings): void {
  const { stage } = settings;
  const wrong = (['tickSeconds', 'recoverySeconds'] as const).find((key) => settings[key] % 60 !== 0);
  if (stage !== 'preview' && wrong !== undefined) {
    throw new SettingsError(
      `the stage ${stage} needs ${wrong} in whole minutes (60 or 120): it is ${settings[wrong]}`,
    );
  }
}

/** Reading the stream again from its start would send what was left out as a duplicate. */
function requireDuplicatesOutliveStream({ stage, dedupeDays, streamRetentionHours }: StageSettings): void {
  const days = Math.ceil(streamRetentionHours / 24);
  if (dedupeDays < days) {
    throw new SettingsError(
      `the stage ${stage} keeps events on the stream for ${days} days: dedupeDays must be at least that, it is ${dedupeDays}`,
    );
  }
}

function withoutUndefined<T extends object>(record: T): { [Key in keyof T]: NonNullable<T[Key]> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]: NonNullable<T[Key]>;
  };
}
