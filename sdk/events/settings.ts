import { EventError } from './errors';

/** How calls are repeated: only what repeating can help, and never for ever. */
export interface RetryPolicy {
  /** Tries in a row that bring nothing, after the first one. @default 6 */
  readonly retries: number;
  /** Upper bound of the wait before the first retry; it doubles each time. @default 200 */
  readonly firstDelayMs: number;
  /** No wait is longer, whatever the server asks for. @default 5 000 */
  readonly maxDelayMs: number;
  /** How long one try may take. @default 10 000 */
  readonly timeoutMs: number;
}

export const defaultRetryPolicy: RetryPolicy = {
  retries: 6,
  firstDelayMs: 200,
  maxDelayMs: 5_000,
  timeoutMs: 10_000,
};

/** Where a client says what it does: ids and topics; in local mode the data too, since there is no other place to see it. */
export interface EventLogger {
  info(message: string, context: object): void;
  warn(message: string, context: object): void;
}

/** What of a client's options the calls need. */
export interface ConnectionOptions {
  /** Such as `https://example.org`; left out or empty for local mode, in which events are validated and logged. */
  readonly apiUrl?: string | null | undefined;
  /** A bearer token, or what gets one: asked anew for each try, as tokens expire. @default none */
  readonly token?: string | (() => string | Promise<string>);
  /** Sent with every call, such as an API key. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly retry?: Partial<RetryPolicy>;
  /** @default the runtime's own */
  readonly fetch?: typeof globalThis.fetch;
}

/** A server that is called, and how. */
export interface Connection {
  readonly publishUrl: string;
  readonly publishBulkUrl: string;
  readonly headers: () => Promise<Record<string, string>>;
  readonly retry: RetryPolicy;
  readonly fetch: typeof globalThis.fetch;
}

/**
 * @returns `undefined` for local mode.
 * @throws EventError `configuration_invalid`
 */
export function readConnection(options: ConnectionOptions): Connection | undefined {
  if (options.apiUrl === undefined || options.apiUrl === null || options.apiUrl === '') {
    return undefined;
  }
  const url = readUrl(options.apiUrl);
  // `fetch` takes no credentials in addresses; clients of bc-events may have them there.
  const credentials = [url.username, url.password].map(decodeURIComponent).join(':');
  const basic = credentials === ':' ? {} : { authorization: `Basic ${toBase64(credentials)}` };
  url.username = '';
  url.password = '';
  const base = url.href.replace(/\/+$/, '');
  const { token } = options;
  return {
    publishUrl: `${base}/events`,
    publishBulkUrl: `${base}/events/bulk/`,
    headers: async () => ({
      ...basic,
      ...(token !== undefined && {
        authorization: `Bearer ${typeof token === 'function' ? await token() : token}`,
      }),
      ...options.headers,
    }),
    retry: { ...defaultRetryPolicy, ...options.retry },
    fetch: options.fetch ?? ((...call) => globalThis.fetch(...call)),
  };
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new EventError(
      'configuration_invalid',
      'apiUrl must be an http or https URL without query and fragment',
    );
  }
  return url;
}

function toBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

export const consoleLogger: EventLogger = {
  // biome-ignore lint/suspicious/noConsole: local mode shows what would be sent, wherever it runs
  info: (message, context) => console.info(message, context),
  // biome-ignore lint/suspicious/noConsole: the default of an option
  warn: (message, context) => console.warn(message, context),
};

/** A client with a server is quiet unless it is given a logger, but for what is thrown away. */
export const quietLogger: EventLogger = { info: () => undefined, warn: consoleLogger.warn };
