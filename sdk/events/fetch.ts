import type { EventClient, SessionOf } from './event-client';
import { openRequestSession, type RequestSessionOptions, runRequest } from './request-session';

/**
 * Gives a Fetch handler a session per request. What it has published is flushed before the reply is returned, and
 * thrown away when the handler throws or replies with 5xx. What a body publishes while it is streamed needs a flush of
 * its own.
 * @returns a handler that throws what `handle` and `flush` throw.
 *
 * @example
 * ```ts
 * import { toFetchEventSessions } from 'changewire/events';
 *
 * const serve = toFetchEventSessions(client, (request, session) => {
 *   session.issuedPolicy({ id: '0' });
 *   return new Response('issued', { status: 201 });
 * });
 * const response = await serve(new Request('https://example.org/policies', { method: 'POST' }));
 * ```
 */
export function toFetchEventSessions<Definitions, Environment extends unknown[] = unknown[]>(
  client: EventClient<Definitions>,
  handle: (
    request: Request,
    session: SessionOf<Definitions, void>,
    ...environment: Environment
  ) => Response | Promise<Response>,
  options: RequestSessionOptions<Request> = {},
): (request: Request, ...environment: Environment) => Promise<Response> {
  return async (request, ...environment) => {
    const session = await openRequestSession(client, request, request.headers, options);
    return runRequest(
      session,
      () => handle(request, session, ...environment),
      ({ status }) => status,
    );
  };
}
