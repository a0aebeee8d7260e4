import { isIP } from 'node:net';
import * as z from 'zod';
import { hubKeysSchema, hubsSchema } from '../core/hub/hub-schema';
import { functions } from '../lambdas/functions';
import { isNotifySender } from './notify-sender';
import { isTargetArn } from './target-arns';

/** A setting that is wrong: says which, where it came from and what to write instead. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** What a key does: shapes the `template`, or is for the `local` runner alone. */
export type SettingEffect = 'template' | 'local';

const text = z.string().min(1);
const file = text;
const whole = z.number().int();
/** A tick takes what is due within three minutes (`AHEAD_SECONDS`): there is a minute left for a late one. */
const tick = whole.min(1).max(120, 'at most 120 (seconds): what is due until the next tick would come late');
const functionName = z.enum(Object.keys(functions) as [string, ...string[]]);
const cidr = z.string().refine(isCidr, 'expected a CIDR range such as "10.0.0.0/8"');

/** What Secrets Manager takes at most. */
export const MAX_SECRET_BYTES = 65_536;

const TARGET_ARN_ADVICE =
  'expected the exact ARN of an SQS queue, SNS topic, EventBridge bus or Kinesis stream, such as ' +
  '"arn:aws:sqs:eu-central-1:123456789012:orders", or "arn:aws:sqs:::orders" for the account and region of the stack';

const NOTIFY_FROM_ADVICE =
  'expected an address that SES has verified, such as "hub@example.org", or the ARN of an identity of this account, ' +
  'such as "arn:aws:ses:::identity/example.org"';

/** Every key that a stage's settings may override: its shape and what it does today. */
export const settingKeys = {
  registrationToken: { schema: text, effect: 'template' },
  triggerToken: { schema: text, effect: 'template' },
  tokenSecret: { schema: text, effect: 'template' },
  publishersJwks: { schema: file, effect: 'template' },
  publisherRules: { schema: file, effect: 'template' },
  cisPrivateKey: { schema: file, effect: 'template' },
  verifySignatures: { schema: z.boolean(), effect: 'template' },
  verifyPublishers: { schema: z.boolean(), effect: 'template' },
  verifyTokens: { schema: z.boolean(), effect: 'template' },
  jwksUri: { schema: text, effect: 'template' },
  issuer: { schema: text, effect: 'template' },
  audience: { schema: text, effect: 'template' },
  requireAuth: {
    schema: z.strictObject({ topics: z.boolean(), events: z.boolean(), hub: z.boolean() }).partial(),
    effect: 'template',
  },
  /** Who may connect to which hub of Web PubSub; those of the stage stay, where they are not named. */
  hubs: {
    schema: hubsSchema.refine(
      (hubs) => Buffer.byteLength(JSON.stringify(hubs)) < MAX_SECRET_BYTES,
      `is larger than ${MAX_SECRET_BYTES} bytes`,
    ),
    effect: 'template',
  },
  /** Access keys of Web PubSub and codes in URLs, for the preview; elsewhere they are put into the secret. */
  hubKeys: { schema: hubKeysSchema, effect: 'template' },
  allowPrivateTargets: { schema: z.union([z.boolean(), z.array(cidr)]), effect: 'template' },
  /** `http://host:port` of a proxy that webhooks go out through; none when it is left out. */
  forwardProxy: {
    schema: text.refine(isProxyUrl, 'expected "http://host:port" or "https://host:port", and nothing else'),
    effect: 'template',
  },
  /** Queues, topics, event buses and streams of this account and region that subscriptions may lead to. */
  targetArns: {
    schema: z
      .array(text.refine(isTargetArn, TARGET_ARN_ADVICE))
      // The environment of a function and the policy of its role are bounded.
      .max(20, 'at most 20 targets')
      .refine((arns) => new Set(arns).size === arns.length, 'an ARN comes twice'),
    effect: 'template',
  },
  /** From whom owners are mailed that their subscriptions fail: an address or an identity's ARN; else nobody is. */
  notifyFrom: { schema: text.refine(isNotifySender, NOTIFY_FROM_ADVICE), effect: 'template' },
  seedProfiles: { schema: whole.min(0), effect: 'local' },
  acceptUnknownTopics: { schema: z.boolean(), effect: 'template' },
  /** Whether an ADS event that was triggered before is left out; `{"relation_added": false}`: all but those. */
  dedupeTriggers: { schema: z.union([z.boolean(), z.record(text, z.boolean())]), effect: 'template' },
  dedupeDays: { schema: whole.min(1).max(3650), effect: 'template' },
  /** true: whoever asks; `jwt`: also by a token of the stage's issuer with the scope accounts:write. */
  openRegistration: { schema: z.union([z.boolean(), z.literal('jwt')]), effect: 'template' },
  maxBulkMessages: { schema: whole.min(1), effect: 'template' },
  recoverySeconds: { schema: tick, effect: 'template' },
  tickSeconds: { schema: tick, effect: 'template' },
  v2WaitSeconds: { schema: whole.min(0).max(10), effect: 'template' },
  /** DELETE /v2/user: whoever may write may delete. */
  allowDelete: { schema: z.boolean(), effect: 'template' },
  /** Where consumers of the type pubsub publish to; none can be made when it is left out. */
  pubsub: {
    schema: z.strictObject({
      /** Google's own when it is left out; an emulator's. */
      baseUrl: text
        .refine(isBaseUrl, 'expected "https://host", with a path or not, and nothing else')
        .optional(),
      project: text,
      /** The key file of a service account; calls carry no credentials when it is left out. */
      serviceAccount: file.optional(),
      /** The attribute that tells receivers a message's id; none when it is left out. */
      idAttribute: z
        .string()
        .regex(
          /^(?!goog)[\x21-\x7e]{1,256}$/,
          'expected a name of up to 256 letters that does not begin with "goog"',
        )
        .optional(),
    }),
    effect: 'template',
  },
  enhancedFanOut: { schema: z.boolean(), effect: 'template' },
  publicBaseUrl: { schema: z.url({ protocol: /^https?$/ }), effect: 'template' },
  /** Whether anybody may ask if an e-mail address is known, as in the original. */
  publicMetadata: { schema: z.boolean(), effect: 'template' },
  /** 0: dead letters are sent again only when somebody asks. */
  resendDeadLettersAfterMinutes: { schema: whole.min(0), effect: 'template' },
  /** How many deliver-webhooks run side by side at most; SQS takes 2 to 1000. */
  deliveryConcurrency: { schema: whole.min(2).max(1000), effect: 'template' },
  /** Functions that are kept warm: stem → instances. */
  provisionedConcurrency: { schema: z.partialRecord(functionName, whole.min(0)), effect: 'template' },
  /** Workers of the local runner: one number for all functions, or stem → number. */
  localWorkers: {
    schema: z.union([whole.min(1), z.partialRecord(functionName, whole.min(1))]),
    effect: 'local',
  },
} as const satisfies Record<string, { schema: z.ZodType; effect: SettingEffect }>;

export type SettingKey = keyof typeof settingKeys;

/** What a caller or a `-c config=FILE` may say; whatever is left out is the stage's default. */
export type SettingOverrides = {
  readonly [Key in SettingKey]?: z.infer<(typeof settingKeys)[Key]['schema']> | undefined;
};

/**
 * Checks what somebody wrote.
 * @param source where it came from, for the message: a file's name, or "the settings".
 * @throws SettingsError for an unknown key (with the known ones) or a value of the wrong shape.
 */
export function parseOverrides(value: unknown, source = 'the settings'): SettingOverrides {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SettingsError(`${source}: expected a JSON object of settings`);
  }
  const parsed: Record<string, unknown> = {};
  for (const [key, given] of Object.entries(value)) {
    if (given !== undefined) {
      parsed[key] = parseSetting(key, given, source);
    }
  }
  return parsed as SettingOverrides;
}

function parseSetting(key: string, value: unknown, source: string): unknown {
  if (!isSettingKey(key)) {
    const known = Object.keys(settingKeys).sort().join(', ');
    throw new SettingsError(`${source}: unknown setting "${key}"; the settings are ${known}`);
  }
  const result = settingKeys[key].schema.safeParse(value);
  if (!result.success) {
    throw new SettingsError(`${source}: the setting "${key}" is wrong: ${z.prettifyError(result.error)}`);
  }
  return result.data;
}

function isSettingKey(key: string): key is SettingKey {
  return Object.hasOwn(settingKeys, key);
}

function isCidr(range: string): boolean {
  const match = /^(.+)\/(\d{1,3})$/.exec(range);
  const family = isIP(match?.[1] ?? '');
  return family !== 0 && Number(match?.[2]) <= (family === 4 ? 32 : 128);
}

/** Without credentials, and with nothing behind the path, to which the rest of the URL is added. */
function isBaseUrl(value: string): boolean {
  return /^https?:\/\/[^/?#@\s]+(\/[^?#\s]*)?$/.test(value) && URL.canParse(value);
}

/** Without credentials, which would be readable in the template and in the environment of the worker. */
function isProxyUrl(value: string): boolean {
  if (!/^https?:\/\/[^/?#@\s]+\/?$/.test(value) || !URL.canParse(value)) {
    return false;
  }
  const { username, password, hostname } = new URL(value);
  return username === '' && password === '' && hostname !== '';
}
