import * as z from 'zod';
import { moment } from '../../moment';
import { credentialsSchema } from '../credentials/credentials-schema';
import {
  isSigningSecret,
  type SignatureVersion,
  signatureVersions,
  versionOf,
} from '../credentials/signing-secret';
import { filterSchema } from '../filters/filter-schema';
import { policySchema } from './delivery-policy';
import { contentModes, webhookFormats } from './subscription';
import { checkHeaders } from './subscription-headers';

const target = z.string().min(1).max(2048);
const description = z.string().max(500);
const headers = z
  .custom<Record<string, string>>()
  .superRefine((value: unknown, context) => {
    const problem = isTextRecord(value) ? checkHeaders(value) : 'expected an object of texts';
    if (problem !== undefined) {
      context.addIssue({ code: 'custom', message: problem });
    }
  })
  .meta({ type: 'object', additionalProperties: { type: 'string' } });
export const secretSchema = z
  .string()
  .max(200)
  .refine(
    isSigningSecret,
    'expected "whsec_" and the base64 of 24 to 64 bytes, or "whsk_" and that of an Ed25519 key',
  );

export const WRONG_KIND = { path: ['signature'], message: 'the secret given signs otherwise' };

/** Whoever gives a secret need not say how it signs. */
export function isKindOfSecret(given: {
  readonly secret?: string | undefined;
  readonly signature?: SignatureVersion | undefined;
}): boolean {
  const { secret, signature } = given;
  return secret === undefined || signature === undefined || versionOf(secret) === signature;
}

/** Where a replay of the history begins: at its start, or at a time, in UTC with milliseconds. */
export const replayFrom = z.union(
  [z.literal('start'), moment],
  'expected "start", or a time such as 2026-11-20T21:04:11Z',
);

/** The body of `POST /v1/subscriptions`. */
export const subscriptionSchema = z
  .strictObject({
    topic: z.string().min(1).max(300),
    target,
    filter: filterSchema.optional(),
    description: description.optional(),
    headers: headers.optional(),
    format: z.enum(webhookFormats).optional(),
    content_mode: z.enum(contentModes).optional(),
    legacy_grant: z.boolean().optional(),
    credentials: credentialsSchema.optional(),
    policy: policySchema.optional(),
    secret: secretSchema.optional(),
    signature: z.enum(signatureVersions).optional(),
    replay_from: replayFrom.optional(),
  })
  .refine(isKindOfSecret, WRONG_KIND);

/** The body of `PATCH /v1/subscriptions/{id}`; `null` removes the `filter`, the `description` or the `credentials`. */
export const subscriptionChangesSchema = z
  .strictObject({
    state: z.enum(['active', 'paused']),
    target,
    filter: filterSchema.nullable(),
    format: z.enum(webhookFormats),
    content_mode: z.enum(contentModes),
    legacy_grant: z.boolean(),
    description: description.nullable(),
    headers,
    credentials: credentialsSchema.nullable(),
    policy: policySchema,
  })
  .partial()
  .refine((changes) => Object.keys(changes).length > 0, 'nothing to change is given');

export type SubscriptionRequest = z.infer<typeof subscriptionSchema>;
export type SubscriptionChangesRequest = z.infer<typeof subscriptionChangesSchema>;

/** Not a schema of records: that one drops the key `__proto__` where this one must refuse it. */
function isTextRecord(value: unknown): value is Record<string, string> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((item) => typeof item === 'string')
  );
}
