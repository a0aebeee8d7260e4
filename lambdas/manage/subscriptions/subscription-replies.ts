import * as z from 'zod';
import { signatureVersions } from '../../../core/topics/credentials/signing-secret';
import { filterSchema } from '../../../core/topics/filters/filter-schema';
import {
  contentModes,
  type SubscriptionState,
  subscriptionFormats,
} from '../../../core/topics/subscriptions/subscription';
import type { BodyOf } from '../openapi/operation';
import { nextReply } from '../paging';

const signingKey = {
  signature: z.enum(signatureVersions),
  public_key: z.string().describe('`whpk_…`, with `v1a`').optional(),
  expires_at: z.iso.datetime().describe('An old secret signs until then').optional(),
};

/** Without secrets. */
export const credentialsReply = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('basic'), username: z.string() }),
  z.strictObject({ type: z.literal('bearer') }),
  z.strictObject({ type: z.literal('key_header'), name: z.string() }),
  z.strictObject({
    type: z.literal('oauth2_client_credentials'),
    token_url: z.string(),
    client_id: z.string(),
    audience: z.string().optional(),
    scope: z.string().optional(),
  }),
]);

const disableRule = z.strictObject({
  failures: z.int().optional(),
  hours: z.number().optional(),
  counts: z.enum(['in_a_row', 'ever']),
});

export const policyReply = z.strictObject({
  success: z.enum(['2xx', '200']),
  final_statuses: z.array(z.int()).describe('After these no retry is made'),
  schedule_seconds: z.array(z.int()).describe('Waits before attempts 2, 3, …'),
  jitter: z.number(),
  timeout_seconds: z.int(),
  concurrency: z.int().nullable(),
  rate_per_second: z.number().nullable(),
  circuit: z.boolean(),
  disable: disableRule.nullable(),
});

/** How its target has been doing; missing while it does well. */
const health = z.strictObject({
  failures: z.int().describe('As the disable rule counts them'),
  failing_since: z.iso.datetime().optional(),
  warned_percent: z.number().describe('The last warning, in percent of the disable rule').optional(),
  circuit_open_until: z.iso.datetime().describe('Nothing is sent until then').optional(),
});

/** What its target said to the handshake of CloudEvents. */
const confirmation = z.strictObject({
  state: z
    .enum(['pending', 'granted', 'refused'])
    .describe('Deliveries wait while it is pending, and die once refused'),
  origin: z.string().describe('Who asks: `WebHook-Request-Origin`'),
  attempts: z.int(),
  asked_at: z.iso.datetime(),
  next_attempt_at: z.iso.datetime().optional(),
  last_failure: z.string().describe('Why the last attempt brought no grant').optional(),
  last_status: z.int().optional(),
  granted_at: z.iso.datetime().optional(),
  granted_by: z.enum(['answer', 'callback']).optional(),
  allowed_rate_per_minute: z.int().describe('The lower of this and the policy’s rate counts').optional(),
});

const members = {
  id: z.string(),
  topic: z.string(),
  pattern: z.boolean().describe('Whether `topic` is a pattern, such as `user.*`').optional(),
  filter: filterSchema.optional(),
  target: z.string(),
  format: z.enum(subscriptionFormats),
  content_mode: z.enum(contentModes).describe('Of CloudEvents').optional(),
  legacy_grant: z.boolean().optional(),
  confirmation: confirmation.optional(),
  state: z.enum(['active', 'paused', 'disabled']),
  state_reason: z.string().optional(),
  description: z.string().optional(),
  replaying: z.int().describe('The replay that live deliveries wait for').optional(),
  ...signingKey,
  signature: signingKey.signature.optional(),
  old_secrets: z.array(z.strictObject(signingKey)).optional(),
  headers: z.record(z.string(), z.string()).describe('Values are hidden'),
  credentials: credentialsReply.optional(),
  policy: policyReply,
  health: health.optional(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
};

const example = {
  id: 'sub_JUN3rajbtfh4xMFm',
  topic: 'orders',
  target: 'https://hooks.example/orders',
  format: 'standard',
  state: 'active',
  signature: 'v1',
  headers: {},
  policy: {
    success: '2xx',
    final_statuses: [410],
    schedule_seconds: [5, 300],
    jitter: 0.2,
    timeout_seconds: 15,
    concurrency: null,
    rate_per_second: null,
    circuit: true,
    disable: { hours: 120, counts: 'in_a_row' },
  },
  created_at: '2026-11-20T12:00:00.000Z',
  updated_at: '2026-11-20T12:00:00.000Z',
};

/** A subscription as its owner reads it. */
export const subscriptionReply = z.strictObject(members).meta({ examples: [example] });

/** The same with its secret, which is told once. */
export const subscriptionWithSecretReply = z
  .strictObject({
    ...members,
    secret: z.string().describe('`whsec_…`; an Ed25519 key is never told').optional(),
  })
  .meta({ examples: [{ ...example, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }] });

export const subscriptionPageReply = z.strictObject({
  subscriptions: z.array(subscriptionReply),
  next: nextReply,
});

export const testEventReply = z.strictObject({
  event_id: z.string(),
  delivery_id: z.string(),
  subscription_id: z.string(),
});

export const grantReply = z.strictObject({ granted: z.literal(true) });

/** RFC 7517; the members of RFC 8037. */
export const webhookKeysReply = z.strictObject({
  keys: z.array(
    z.strictObject({
      kty: z.literal('OKP'),
      crv: z.literal('Ed25519'),
      x: z.string(),
      kid: z.string(),
      use: z.literal('sig'),
      alg: z.literal('EdDSA'),
    }),
  ),
});

/** Deleted ones are never shown, which their type does not say. */
export type SubscriptionBody = Omit<BodyOf<typeof subscriptionReply>, 'state'> & {
  readonly state: SubscriptionState;
};
export type CredentialsBody = BodyOf<typeof credentialsReply>;
