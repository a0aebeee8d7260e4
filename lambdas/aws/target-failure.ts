import type { TargetFailure } from '../../core/webhooks/ports';
import { TARGET_REFUSED } from './vetting-lookup';

const failures: Readonly<Record<string, TargetFailure>> = {
  [TARGET_REFUSED]: 'target_refused',
  ENOTFOUND: 'dns_failed',
  ENODATA: 'dns_failed',
  EAI_AGAIN: 'dns_failed',
  EAI_FAIL: 'dns_failed',
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'connection_reset',
  EPIPE: 'connection_reset',
  ECONNABORTED: 'connection_reset',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_SOCKET: 'closed_early',
  UND_ERR_HEADERS_OVERFLOW: 'answer_invalid',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'closed_early',
  UND_ERR_INVALID_ARG: 'request_invalid',
  UND_ERR_NOT_SUPPORTED: 'request_invalid',
  EPROTO: 'tls_failed',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls_failed',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls_failed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls_failed',
  UNABLE_TO_GET_ISSUER_CERT: 'tls_failed',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls_failed',
  HOSTNAME_MISMATCH: 'tls_failed',
};

/** The word for an error of the connection: what the subscriber's owner reads in the attempt. */
export function targetFailure(error: unknown): TargetFailure {
  const { name, code, cause, errors } = error as Error & {
    code?: string;
    cause?: unknown;
    errors?: readonly unknown[];
  };
  if (name === 'TimeoutError' || name === 'AbortError') {
    return 'timeout';
  }
  const known = code === undefined ? undefined : failures[code];
  if (known) {
    return known;
  }
  if (name === 'HTTPParserError') {
    return 'answer_invalid';
  }
  if (code && /^(ERR_TLS_|ERR_SSL_|CERT_|CRL_)/.test(code)) {
    return 'tls_failed';
  }
  // All addresses of a name were tried (happy eyeballs): the first error speaks for them.
  const inner = errors?.[0] ?? cause;
  return inner instanceof Error ? targetFailure(inner) : 'connection_failed';
}
