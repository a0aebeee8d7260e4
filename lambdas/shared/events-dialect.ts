import type { ErrorCode } from '../../core/errors';
import type { Dialect } from './http-function';

/** Its client repeats the same body for these two, and for no other (contract bc-events, section 6). */
export const THROTTLED = 'ProvisionedThroughputExceededException';
export const FAILED = 'InternalFailureException';
/** Repeating it is useless. */
export const REFUSED = 'ValidationException';

const errorTypes: Partial<Record<ErrorCode, string>> = {
  not_found: 'ResourceNotFoundException',
  authorization_header_missing: 'AccessDeniedException',
  invalid_header: 'AccessDeniedException',
  token_expired: 'AccessDeniedException',
  invalid_claims: 'AccessDeniedException',
  invalid_credentials: 'AccessDeniedException',
  insufficient_scope: 'AccessDeniedException',
  forbidden: 'AccessDeniedException',
};

/** Errors of the events door: 400 or 500, because its client takes every other status for success. */
export const eventsDialect: Dialect = (error) =>
  error === undefined
    ? { status: 500, body: { errorType: FAILED, message: 'something failed on our side; try again' } }
    : { status: 400, body: { errorType: errorTypes[error.code] ?? REFUSED, message: error.message } };
