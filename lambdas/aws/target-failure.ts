import type { TargetFailure } from '../../core/webhooks/ports';
import { CLOSED_EARLY } from './passage';
import { PROXY_FAILED } from './proxy-tunnel';
import { TARGET_REFUSED } from './vetting-lookup';

const failures: Readonly<Record<string, TargetFailure>> = {
  [TARGET_REFUSED]: 'target_refused',
  [PROXY_FAILED]: 'proxy_failed',
  [CLOSED_EARLY]: 'closed_early',
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
  // The connection ended within the headers of the answer.
  HPE_INVALID_EOF_STATE: 'closed_early',
  ERR_INVALID_CHAR: 'request_invalid',
  ERR_INVALID_HTTP_TOKEN: 'request_invalid',
  ERR_UNESCAPED_CHARACTERS: 'request_invalid',
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
  const { name, code, syscall, cause, errors } = error as Error & {
    code?: string;
    syscall?: string;
    cause?: unknown;
    errors?: readonly unknown[];
  };
  if (name === 'TimeoutError' || name === 'AbortError') {
    return 'timeout';
  }
  if (code === 'ECONNRESET' && syscall === undefined) {
    // Node's own word for a connection that ended in good order, but before its answer did.
    return 'closed_early';
  }
  const known = code === undefined ? undefined : failures[code];
  if (known) {
    return known;
  }
  if (code?.startsWith('HPE_')) {
    return 'answer_invalid';
  }
  if (code && /^(ERR_TLS_|ERR_SSL_|CERT_|CRL_)/.test(code)) {
    return 'tls_failed';
  }
  // All addresses of a name were tried (happy eyeballs): the first error speaks for them.
  const inner = errors?.[0] ?? cause;
  return inner instanceof Error ? targetFailure(inner) : 'connection_failed';
}
