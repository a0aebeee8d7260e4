import type { EventClient, SessionOf } from './event-client';
import { openRequestSession, type RequestSessionOptions, runRequest } from './request-session';

/** What is read of an event: the headers of API Gateway, function URLs and load balancers. Others have none. */
export interface LambdaEvent {
  readonly headers?: Readonly<Record<string, string | undefined>> | null;
  readonly multiValueHeaders?: Readonly<Record<string, string[] | undefined>> | null;
}

/**
 * Gives a Lambda handler a session per invocation. What it has published is flushed before it returns, since Lambda
 * freezes after that, and thrown away when it throws or returns a `statusCode` of 5xx. A queue's function takes one
 * message at a time (`batchSize: 1`): a session has one job and one actor.
 * @returns a handler that throws what `handle` and `flush` throw.
 *
 * @example
 * ```ts
 * import { toLambdaEventSessions } from 'changewire/events';
 *
 * export const handler = toLambdaEventSessions(client, async (event, session) => {
 *   session.issuedPolicy({ id: '0' });
 *   return { statusCode: 201, body: 'issued' };
 * });
 * ```
 */
export function toLambdaEventSessions<Definitions, Event extends object, Reply, Context = unknown>(
  client: EventClient<Definitions>,
  handle: (event: Event, session: SessionOf<Definitions, void>, context: Context) => Reply | Promise<Reply>,
  options: RequestSessionOptions<Event> = {},
): (event: Event, context: Context) => Promise<Reply> {
  return async (event, context) => {
    const { headers, multiValueHeaders } = event as LambdaEvent;
    const session = await openRequestSession(client, event, multiValueHeaders ?? headers ?? {}, options);
    return runRequest(session, () => handle(event, session, context), statusOf);
  };
}

/** Replies may also be texts, objects or nothing: these are successes. */
function statusOf(reply: unknown): number {
  return Number((reply as { readonly statusCode?: unknown } | null | undefined)?.statusCode ?? 200);
}
