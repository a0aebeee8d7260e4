import * as z from 'zod';
import type { Account, ApiKey } from '../../../core/accounts/account';
import { moment } from '../../../core/moment';
import type { AccountBody, KeyBody } from './account-replies';

const name = z.string().min(1).max(200);
const email = z.email().max(320);

/** The body of `POST /v1/accounts`. */
export const accountSchema = z.strictObject({ name, email: email.optional() });

/** The body of `PATCH /v1/accounts/{id}`; `null` removes the `email`. */
export const accountChangesSchema = z
  .strictObject({ name, email: email.nullable(), state: z.enum(['active', 'suspended']) })
  .partial()
  .refine((changes) => Object.keys(changes).length > 0, 'nothing to change is given');

const scope = z.string().regex(/^[a-z]+(:[a-z]+)*$/, 'a scope is named like "subscriptions:read"');

/** The body of `POST /v1/accounts/{id}/keys`. */
export const keySchema = z.strictObject({
  name: name.optional(),
  scopes: z.array(scope).min(1).max(30),
  expires_at: moment.optional(),
});

/** The body of `POST /v1/accounts/{id}/keys/{key_id}/rotate`, which may be left out. */
export const rotationSchema = z.strictObject({ overlap_hours: z.int().min(0).max(168).default(24) });

/** An account as the manage door shows it. */
export function toAccountBody(account: Account): AccountBody {
  return {
    id: account.id,
    name: account.name,
    email: account.email,
    state: account.state,
    has_access_token: account.tokenGeneration !== undefined,
    created_at: account.createdAt,
    updated_at: account.updatedAt,
  };
}

/** A key as the manage door shows it: never the secret, nor its hash. */
export function toKeyBody(key: ApiKey): KeyBody {
  return {
    id: key.id,
    account_id: key.accountId,
    kind: key.kind,
    name: key.name,
    scopes: key.scopes,
    expires_at: key.expiresAt,
    created_at: key.createdAt,
  };
}
