import type { Confirmation } from '../../core/topics/subscriptions/confirmation';
import type { Row } from './row';

export function toConfirmationAttribute(confirmation: Confirmation): Row {
  const { id, state, origin, attempts, revision, ...rest } = confirmation;
  return {
    ...{ id, state, origin, attempts, revision },
    callback_url: rest.callbackUrl,
    callback_hashes: rest.callbackHashes,
    asked_at: rest.askedAt,
    next_at: rest.nextAt,
    last_failure: rest.lastFailure,
    last_status: rest.lastStatus,
    granted_at: rest.grantedAt,
    granted_by: rest.grantedBy,
    rate_per_minute: rest.ratePerMinute,
  };
}

/** The row comes from our own store, so its shape is trusted. */
export function toConfirmation(row: Row): Confirmation {
  const { id, state, origin, attempts, revision } = row as unknown as Confirmation;
  const given = {
    nextAt: row.next_at,
    lastFailure: row.last_failure,
    lastStatus: row.last_status,
    grantedAt: row.granted_at,
    grantedBy: row.granted_by,
    ratePerMinute: row.rate_per_minute,
  };
  return {
    ...{ id, state, origin, attempts, revision },
    callbackUrl: row.callback_url as string,
    callbackHashes: row.callback_hashes as string[],
    askedAt: row.asked_at as string,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
}
