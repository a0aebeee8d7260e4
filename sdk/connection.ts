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

/** What of a client's options says who calls, and how. */
export interface CallerOptions {
  /** A bearer token, or what gets one: asked anew for each try, as tokens expire. @default none */
  readonly token?: string | (() => string | Promise<string>);
  /** Sent with every call, such as an API key. */
  readonly headers?: Readonly<Record<string, string>>;
  /** @default the runtime's own */
  readonly fetch?: typeof globalThis.fetch;
}

/** A server that is called. */
export interface Server {
  /** Without credentials and without a trailing slash. */
  readonly baseUrl: string;
  readonly headers: () => Promise<Record<string, string>>;
  readonly fetch: typeof globalThis.fetch;
}

/**
 * @param apiUrl may hold credentials, as clients that can only set an address have them.
 * @param invalid makes the error for an address that is none.
 */
export function readServer(
  apiUrl: string,
  options: CallerOptions,
  invalid: (message: string) => Error,
): Server {
  const url = URL.canParse(apiUrl) ? new URL(apiUrl) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw invalid('apiUrl must be an http or https URL without query and fragment');
  }
  // `fetch` takes no credentials in addresses.
  const credentials = [url.username, url.password].map(decodeURIComponent).join(':');
  const basic = credentials === ':' ? {} : { authorization: `Basic ${toBase64(credentials)}` };
  url.username = '';
  url.password = '';
  const { token } = options;
  return {
    baseUrl: url.href.replace(/\/+$/, ''),
    headers: async () => ({
      ...basic,
      ...(token !== undefined && {
        authorization: `Bearer ${typeof token === 'function' ? await token() : token}`,
      }),
      ...options.headers,
    }),
    fetch: options.fetch ?? ((...call) => globalThis.fetch(...call)),
  };
}

function toBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
