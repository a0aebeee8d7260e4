import type { Reply, Responder } from './http';
import { bytesOf } from './json-body';
import { bodyStream } from './read-stream';

/** What a runtime hands over beside the request; `waitUntil` keeps it alive after the reply. */
interface WithWaitUntil {
  waitUntil(work: Promise<unknown>): void;
}

export type FetchHandler<Environment extends unknown[] = unknown[]> = (
  request: Request,
  ...environment: Environment
) => Promise<Response>;

export interface FetchOptions<Environment extends unknown[] = unknown[]> {
  /** Only this path is served. @default every path */
  readonly path?: string;
  /** Gets what is no event. */
  readonly next?: (request: Request, ...environment: Environment) => Response | Promise<Response>;
}

/**
 * Serves events where a request is a `Request`: edge runtimes, Deno, Bun, service workers, Azure Functions. The reply
 * to events that nobody waits for comes after they are handled, since such runtimes may stop at the reply; where one
 * of the arguments has `waitUntil`, it comes first.
 *
 * @example
 * ```ts
 * import { EventHandler, toFetchHandler } from 'changewire/receiver';
 *
 * const handler = new EventHandler({ handleConnect: () => ({ userId: 'ada' }) });
 * const serve = toFetchHandler(handler, { path: '/eventhandler' });
 * const response = await serve(new Request('https://example.org/eventhandler', { method: 'POST', headers, body: '{}' }));
 * console.log(response.status, await response.text()); // 200 {"userId":"ada"}
 * ```
 */
export function toFetchHandler<Environment extends unknown[] = unknown[]>(
  responder: Responder,
  { path, next }: FetchOptions<Environment> = {},
): FetchHandler<Environment> {
  return async (request, ...environment) => {
    const answer = await responder.answer(
      {
        method: request.method,
        ...placeOf(request.url),
        headers: request.headers,
        readBody: (maxBytes) => bodyStream(request, maxBytes),
      },
      { canPass: next !== undefined, ...(path === undefined ? {} : { path }) },
    );
    switch (answer.outcome) {
      case 'passed':
        return next ? next(request, ...environment) : new Response(null, { status: 404 });
      case 'acknowledged': {
        const waiting = environment.find(canWait);
        if (!waiting) {
          return toResponse(await answer.finish());
        }
        waiting.waitUntil(answer.finish());
        return toResponse(answer.reply);
      }
      case 'replied':
        return toResponse(answer.reply);
    }
  };
}

function canWait(argument: unknown): argument is WithWaitUntil {
  return typeof (argument as Partial<WithWaitUntil> | undefined | null)?.waitUntil === 'function';
}

/** As bytes: to a text, `Response` would add a content type. It refuses any body for the statuses that have none. */
function toResponse({ status, headers, body }: Reply): Response {
  const content = body.length === 0 ? null : (bytesOf(body) as Uint8Array<ArrayBuffer>);
  return new Response(content, { status, headers });
}

/** Of a whole URL, or of the path that some runtimes give alone. */
function placeOf(url: string): { readonly path: string; readonly query: string } {
  const { pathname, search } = new URL(url, 'http://localhost');
  return { path: pathname, query: search.slice(1) };
}
