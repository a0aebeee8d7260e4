/** Headers as any runtime has them: an object in any case, with lists, `Headers`, a `Map`, pairs. */
export type HeaderSource =
  | Iterable<readonly [string, string]>
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** The raw body: text, or the bytes as they came. */
export type RawBody = string | Uint8Array;

/** What an adapter makes of its runtime's request. */
export interface IncomingRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Still encoded, without the question mark. @default empty: events have none */
  readonly query?: string;
  readonly headers: HeaderSource;
  /** The whole body; called once at most. @throws PayloadTooLargeError as soon as it is known. */
  readBody(maxBytes: number): Promise<RawBody>;
}

/** What an adapter writes. Header names are in lower case. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RawBody;
}

/**
 * What becomes of a request: `replied`; `acknowledged`, where the sender need not wait and `finish` does the work
 * (a runtime that freezes after its reply calls it first); `passed`, when it is somebody else's.
 */
export type Answer =
  | { readonly outcome: 'replied'; readonly reply: Reply }
  | { readonly outcome: 'acknowledged'; readonly reply: Reply; finish(): Promise<Reply> }
  | { readonly outcome: 'passed' };

/** What the adapters serve: an {@link EventHandler} or a {@link WebhookReceiver}. */
export interface Responder {
  answer(request: IncomingRequest, options?: ServingOptions): Promise<Answer>;
}

export interface ServingOptions {
  /** Only this path is served, with or without a trailing slash; without it every path is. */
  readonly path?: string;
  /** Whether there is somebody to pass requests on to that are no events. @default false */
  readonly canPass?: boolean;
}

/** A text reply; without a text it has no body and no type. */
export function textReply(status: number, text: string, headers: Record<string, string> = {}): Reply {
  const type: Record<string, string> = text ? { 'content-type': 'text/plain; charset=utf-8' } : {};
  return { status, headers: { ...type, ...headers }, body: text };
}

/** As the Python library replies: its texts have no type. */
export function untypedReply(status: number, text: string, headers: Record<string, string> = {}): Reply {
  return { status, headers, body: text };
}

/** @returns whether a request's path is the one that is served. */
export function isServed(path: string, served: string | undefined): boolean {
  return served === undefined || path === served || path === `${served}/` || `${path}/` === served;
}

/** A header that a runtime would refuse, or that would end the line and begin another, is never written. */
export function safeReply(reply: Reply): Reply {
  for (const [name, value] of Object.entries(reply.headers)) {
    if (!isHeaderName(name) || !isHeaderValue(value)) {
      throw new TypeError(`the reply's header ${JSON.stringify(name)} holds what a header cannot`);
    }
  }
  return reply;
}

/** RFC 9110, section 5.6.2: a token. */
export function isHeaderName(name: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name);
}

/** RFC 9110, section 5.5: visible characters, spaces and tabs; Node takes nothing above U+00FF. */
export function isHeaderValue(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}
