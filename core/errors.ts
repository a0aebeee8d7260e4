/**
 * The caller's mistakes: one union of codes, one table of statuses. A door's dialect turns a
 * {@link ServiceError} into the body its clients expect; anything else that is thrown is ours (a 500).
 */
export const errorStatus = {
  body_missing: 400,
  body_not_json: 400,
  body_invalid: 400,
  body_too_large: 413,
  /** A value of a kind that the original fails on; its door answers as the original does. */
  value_unsupported: 400,
  parameter_missing: 400,
  parameter_invalid: 400,
  /** CIS's name for a profile that is not of the user whom the query names. */
  integration_exception: 400,
  authorization_header_missing: 401,
  invalid_header: 401,
  token_expired: 401,
  invalid_claims: 401,
  invalid_credentials: 401,
  insufficient_scope: 403,
  /** No credentials would help. */
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  already_exists: 409,
  conflict: 409,
  media_type_unsupported: 415,
  target_refused: 422,
} as const;

export type ErrorCode = keyof typeof errorStatus;

/**
 * A refusal that the caller can act on. `message` says what happened, names the offending field or value,
 * and what to do; it is shown to the caller as it is, so it never holds secrets or stored values.
 */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly status: number;

  constructor(
    readonly code: ErrorCode,
    message: string,
    /** Further headers of the reply, such as `Allow`. */
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = errorStatus[code];
  }
}
