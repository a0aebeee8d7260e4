import {
  type CallerOptions,
  defaultRetryPolicy,
  type RetryPolicy,
  readServer,
  type Server,
} from '../connection';
import type { ClientLogger } from '../logger';
import { EventError } from './errors';

/** Where a client says what it does: ids and topics; in local mode the data too, since there is no other place to see it. */
export interface EventLogger extends ClientLogger {}

/** What of a client's options the calls need. */
export interface ConnectionOptions extends CallerOptions {
  /** Such as `https://example.org`; left out or empty for local mode, in which events are validated and logged. */
  readonly apiUrl?: string | null | undefined;
  readonly retry?: Partial<RetryPolicy>;
}

/** A server that is called, and how. */
export interface Connection extends Pick<Server, 'headers' | 'fetch'> {
  readonly publishUrl: string;
  readonly publishBulkUrl: string;
  readonly retry: RetryPolicy;
}

/**
 * @returns `undefined` for local mode.
 * @throws EventError `configuration_invalid`
 */
export function readConnection(options: ConnectionOptions): Connection | undefined {
  const { apiUrl, retry } = options;
  if (apiUrl === undefined || apiUrl === null || apiUrl === '') {
    return undefined;
  }
  const { baseUrl, headers, fetch } = readServer(
    apiUrl,
    options,
    (message) => new EventError('configuration_invalid', message),
  );
  return {
    publishUrl: `${baseUrl}/events`,
    publishBulkUrl: `${baseUrl}/events/bulk/`,
    retry: { ...defaultRetryPolicy, ...retry },
    headers,
    fetch,
  };
}
