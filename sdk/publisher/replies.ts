import { PublisherError } from './errors';
import { asObject } from './request';

/** How a change ended. */
export interface EndedChange {
  readonly sequenceNumber: string;
  readonly state: 'integrated' | 'noop' | 'rejected';
  readonly condition?: 'create' | 'update' | 'delete';
  /** Why it was rejected, such as `invalid_signature`. */
  readonly code?: string;
  readonly text?: string;
}

/** Whether the server has a change safe, or what it finds wrong with it. */
export type PublishedChange =
  | { readonly state: 'accepted'; readonly sequenceNumber: string }
  | { readonly state: 'refused'; readonly code?: string; readonly text?: string };

/** Somebody whom the server knows. */
export interface KnownUser {
  readonly userId: string;
  readonly uuid: string | null;
  readonly primaryEmail: string | null;
  readonly active: boolean;
}

/** @returns `undefined` while the change has not ended. */
export function toEndedChange(sequenceNumber: string, json: unknown): EndedChange | undefined {
  const { state, condition, code, text } = asObject(json);
  if (state !== 'integrated' && state !== 'noop' && state !== 'rejected') {
    return undefined;
  }
  return {
    sequenceNumber,
    state,
    ...(isCondition(condition) && { condition }),
    ...(typeof code === 'string' && { code }),
    ...(typeof text === 'string' && { text }),
  };
}

/** One member of the answer to a batch. */
export function toPublishedChange(json: unknown): PublishedChange {
  const { sequence_number: sequenceNumber, code, description } = asObject(json);
  if (typeof sequenceNumber === 'string') {
    return { state: 'accepted', sequenceNumber };
  }
  return {
    state: 'refused',
    ...(typeof code === 'string' && { code }),
    ...(typeof description === 'string' && { text: description }),
  };
}

/** @throws PublisherError `reply_unreadable` */
export function toKnownUser(json: unknown): KnownUser {
  const { user_id: userId, uuid, primary_email: primaryEmail, active } = asObject(json);
  if (typeof userId !== 'string') {
    throw new PublisherError('reply_unreadable', 'the server lists a user without a user_id');
  }
  return {
    userId,
    uuid: typeof uuid === 'string' ? uuid : null,
    primaryEmail: typeof primaryEmail === 'string' ? primaryEmail : null,
    active: active === true,
  };
}

function isCondition(value: unknown): value is NonNullable<EndedChange['condition']> {
  return value === 'create' || value === 'update' || value === 'delete';
}
