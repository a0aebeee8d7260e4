import { STATUS_CODES } from 'node:http';
import type { Dialect } from './http-function';

/** Errors of the manage door and of every path that no door owns: problem details (RFC 9457). */
export const problemDialect: Dialect = (error, { requestId }) => {
  const status = error?.status ?? 500;
  return {
    status,
    headers: { 'content-type': 'application/problem+json' },
    body: {
      // RFC 9457, 4.2.1: with this type the title is the status's own phrase; `code` tells them apart.
      type: 'about:blank',
      title: STATUS_CODES[status],
      status,
      detail:
        error?.message ?? 'something failed on our side; try again, and name the request_id if it stays',
      code: error?.code ?? 'internal_error',
      request_id: requestId,
    },
  };
};
