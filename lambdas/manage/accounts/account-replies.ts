import * as z from 'zod';
import type { AccountState } from '../../../core/accounts/account';
import type { BodyOf } from '../openapi/operation';
import { nextReply } from '../paging';

const account = {
  id: z.string(),
  name: z.string(),
  email: z.string().optional(),
  state: z.enum(['active', 'suspended']),
  has_access_token: z.boolean(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
};

const accountExample = {
  id: 'acc_sIYRkDh50d9IXqfDS8S6xC7A',
  name: 'Ada',
  state: 'active',
  has_access_token: false,
  created_at: '2026-11-20T12:00:00.000Z',
  updated_at: '2026-11-20T12:00:00.000Z',
};

export const accountReply = z.strictObject(account).meta({ examples: [accountExample] });

export const accountPageReply = z.strictObject({ accounts: z.array(accountReply), next: nextReply });

/** After a rotation: the token is told this once. */
export const accountWithTokenReply = z
  .strictObject({ ...account, access_token: z.string() })
  .meta({ examples: [{ ...accountExample, has_access_token: true, access_token: 'the-token' }] });

const key = {
  id: z.string(),
  account_id: z.string(),
  kind: z.enum(['api_key', 'access_token']),
  name: z.string().optional(),
  scopes: z.array(z.string()),
  expires_at: z.iso.datetime().optional(),
  created_at: z.iso.datetime(),
};

const keyExample = {
  id: 'key_2mYQyBkDh50d9IXqfDS8S6xC',
  account_id: 'acc_sIYRkDh50d9IXqfDS8S6xC7A',
  kind: 'api_key',
  scopes: ['subscriptions:read'],
  created_at: '2026-11-20T12:00:00.000Z',
};

export const keyReply = z.strictObject(key).meta({ examples: [keyExample] });

export const keyPageReply = z.strictObject({ keys: z.array(keyReply), next: nextReply });

const made = {
  ...key,
  key: z.string().describe('The key itself, told this once').optional(),
  note: z.string().describe('In its place where the call is a repetition').optional(),
};

export const madeKeyReply = z.strictObject(made).meta({ examples: [{ ...keyExample, key: 'the-key' }] });

export const rotatedKeyReply = z
  .strictObject({ ...made, replaces: z.string().describe('The id of the old key') })
  .meta({ examples: [{ ...keyExample, key: 'the-key', replaces: 'key_7Q0UyBkDh50d9IXqfDS8S6xC' }] });

/** Deleted ones are never shown, which their type does not say. */
export type AccountBody = Omit<BodyOf<typeof accountReply>, 'state'> & { readonly state: AccountState };
export type KeyBody = BodyOf<typeof keyReply>;
