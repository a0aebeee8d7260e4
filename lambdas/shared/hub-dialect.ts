import type { Dialect } from './http-function';

/**
 * Errors of the hub door: a status and a line of text. Of a connect the service shows both to the client; every other
 * refusal ends the connection.
 */
export const hubDialect: Dialect = (error) => ({
  status: error?.status ?? 500,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: error?.message ?? 'The event could not be handled.',
});
