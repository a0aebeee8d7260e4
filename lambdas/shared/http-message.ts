import { ServiceError } from '../../core/errors';
import { readUtf8 } from '../../core/utf8';

/** A request as the doors see it: decoded once, headers in lower case. */
export interface HttpRequest {
  readonly method: string;
  /** The route's resource, such as `/v2/user/{by}/{value}`. */
  readonly resource: string;
  /** The path as it came, still percent-encoded. */
  readonly path: string;
  /** Where the caller found this API, such as `https://api.example.org/prod`: scheme, host, stage; no slash after. */
  readonly baseUrl: string;
  /** Path parameters, percent-decoded once. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Query parameters; the last one of a name wins. */
  readonly query: Readonly<Record<string, string>>;
  /** The last line of each name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Every line of each name. */
  readonly headerLines: Readonly<Record<string, readonly string[]>>;
  readonly body: Buffer;
  readonly requestId: string;
}

export interface HttpReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string is sent as it is, anything else as JSON. */
  readonly body?: unknown;
}

/** What a handler file exports for its tests: a function of its ports, which the caller has bound. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpReply>;

/**
 * The JSON of a body, checked for size before it is parsed.
 * @param limitBytes what the door accepts, in bytes of the body as it came.
 * @throws ServiceError `body_missing`, `body_too_large` (names the limit) or `body_not_json`.
 */
export function parseJsonBody(request: HttpRequest, limitBytes: number): unknown {
  return readJsonBody(request, limitBytes).value;
}

/** As {@link parseJsonBody}, together with the text, for whoever keeps parts of it as they came. */
export function readJsonBody(
  request: HttpRequest,
  limitBytes: number,
): { readonly value: unknown; readonly text: string } {
  if (request.body.length === 0) {
    throw new ServiceError('body_missing', 'the request has no body; send JSON');
  }
  if (request.body.length > limitBytes) {
    throw new ServiceError(
      'body_too_large',
      `the body has ${request.body.length} bytes; the limit here is ${limitBytes} bytes`,
    );
  }
  try {
    const text = readUtf8(request.body);
    return { value: JSON.parse(text), text };
  } catch {
    throw new ServiceError('body_not_json', 'the body is not valid JSON in UTF-8');
  }
}
