import type { Answer, HeaderSource, IncomingRequest, RawBody, Reply, Responder } from './http';
import { ChunkCollector } from './read-stream';
import { PayloadTooLargeError } from './refusals';

/** What is used of `http.IncomingMessage`. Express, Connect and cloud functions put a `body` or `rawBody` on it. */
export interface NodeRequest extends AsyncIterable<Uint8Array | string> {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly readableEnded: boolean;
  readonly httpVersionMajor?: number;
}

/** What is used of `http.ServerResponse`. */
export interface NodeResponse {
  writeHead(status: number, headers: Record<string, string>): unknown;
  end(body: RawBody): unknown;
}

export interface NodeOptions {
  /** Only this path is served; mount points of Express are part of it. @default every path */
  readonly path?: string;
  /** Gets what is no event. @default 404 */
  readonly next?: () => void;
}

/**
 * Serves events in a server of `node:http`. Events that nobody waits for are acknowledged before they are handled.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { EventHandler, toNodeListener } from 'changewire/receiver';
 *
 * const handler = new EventHandler({ handleConnect: () => ({ userId: 'ada' }) });
 * const server = createServer(toNodeListener(handler, { path: '/eventhandler' }));
 * ```
 */
export function toNodeListener(
  responder: Responder,
  {
    path,
    next,
  }: Pick<NodeOptions, 'path'> & { next?: (request: NodeRequest, response: NodeResponse) => void } = {},
): (request: NodeRequest, response: NodeResponse) => Promise<void> {
  return (request, response) =>
    serveNode(responder, request, response, {
      ...(path === undefined ? {} : { path }),
      ...(next === undefined ? {} : { next: () => next(request, response) }),
    });
}

/** One request; Express has its own idea of the path. */
export async function serveNode(
  responder: Responder,
  request: NodeRequest,
  response: NodeResponse,
  { path, next }: NodeOptions,
  requestPath = (request.url ?? '/').replace(/[?#].*$/s, ''),
): Promise<void> {
  const incoming: IncomingRequest = {
    method: request.method ?? 'GET',
    path: requestPath,
    query: /\?([^#]*)/.exec(request.url ?? '')?.[1] ?? '',
    headers: request.headers as HeaderSource,
    readBody: (maxBytes) => readBody(request, maxBytes),
  };
  const answer = await responder.answer(incoming, {
    canPass: next !== undefined,
    ...(path === undefined ? {} : { path }),
  });
  await write(answer, request, response, next);
}

async function write(
  answer: Answer,
  request: NodeRequest,
  response: NodeResponse,
  next: (() => void) | undefined,
): Promise<void> {
  if (answer.outcome === 'passed') {
    return next ? next() : writeReply({ status: 404, headers: {}, body: '' }, request, response);
  }
  writeReply(answer.reply, request, response);
  if (answer.outcome === 'acknowledged') {
    await answer.finish();
  }
}

function writeReply({ status, headers, body }: Reply, request: NodeRequest, response: NodeResponse): void {
  // What is left of a body that nobody wants must not be taken for the next request of the connection (in
  // HTTP/2 streams are apart, and the header is forbidden).
  const isRefusedEarly = status >= 400 && !request.readableEnded && request.httpVersionMajor !== 2;
  response.writeHead(status, { ...headers, ...(isRefusedEarly ? { connection: 'close' } : {}) });
  response.end(body);
}

async function readBody(request: NodeRequest, maxBytes: number): Promise<RawBody> {
  const { body, rawBody } = request as { body?: unknown; rawBody?: unknown };
  const collector = new ChunkCollector(maxBytes);
  const parsed = [rawBody, body].find((one) => typeof one === 'string' || ArrayBuffer.isView(one));
  if (parsed !== undefined || request.readableEnded) {
    return alreadyRead(parsed as RawBody | undefined, body, maxBytes);
  }
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
    throw new PayloadTooLargeError(maxBytes);
  }
  for await (const chunk of request) {
    collector.add(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk);
  }
  return collector.join();
}

function alreadyRead(raw: RawBody | undefined, parsed: unknown, maxBytes: number): RawBody {
  if (raw === undefined && parsed !== undefined) {
    throw new TypeError(
      'a body parser has read the body before: mount the events before it, or give the route express.raw()',
    );
  }
  const bytes = typeof raw === 'string' ? new TextEncoder().encode(raw) : (raw ?? new Uint8Array());
  if (bytes.length > maxBytes) {
    throw new PayloadTooLargeError(maxBytes);
  }
  return bytes;
}
