import { type ErrorCode, ServiceError } from '../../core/errors';

/** The texts are CIS's own: contract CIS, section 2. */
export function unreadable(): ServiceError {
  return refused('invalid_header', 'Unable to parse authentication token.');
}

export function wrongClaims(): ServiceError {
  return refused('invalid_claims', 'incorrect claims,please check the audience and issuer');
}

export function refused(code: ErrorCode, description: string): ServiceError {
  return new ServiceError(code, description, { 'www-authenticate': 'Bearer' });
}
