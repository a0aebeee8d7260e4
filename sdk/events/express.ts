import type { HeaderSource } from '../receiver/http';
import { EventError } from './errors';
import type { EventClient, SessionOf } from './event-client';
import { headOf, type ReplyHead, setHead } from './reply-head';
import { isFailure, openRequestSession, type RequestSessionOptions } from './request-session';

/** What is used of Express's request. */
export interface ExpressRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What is used of Express's response. */
export interface ExpressResponse extends ReplyHead {
  end: (...content: never[]) => unknown;
}

type Next = (error?: unknown) => void;

/** A middleware, and what belongs to it. */
export interface ExpressEventSessions<Definitions, Input> {
  (request: Input, response: ExpressResponse, next: Next): Promise<void>;
  /** The request's session. @throws EventError `configuration_invalid` where the middleware has not run */
  sessionOf(request: object): SessionOf<Definitions, void>;
  /**
   * Mounted behind the routes, it makes every thrown error a failure. Without it Express shows the middleware no error
   * but by the reply: one that is thrown with a `status` of 4xx would count as a success.
   */
  onError(error: unknown, request: object, response: unknown, next: Next): void;
}

/**
 * Gives each request in Express a session. What was published is flushed before the reply ends: `response.end` waits
 * for it. It is thrown away when an error was thrown or the reply is 5xx. When the flush fails, the reply is dropped
 * and the error goes to Express's error handlers; where a streamed reply has begun, the connection is cut.
 *
 * @example
 * ```ts
 * import express from 'express';
 * import { toExpressEventSessions } from 'changewire/events';
 *
 * const sessions = toExpressEventSessions(client);
 * const application = express();
 * application.use(sessions);
 * application.post('/policies', (request, response) => {
 *   sessions.sessionOf(request).issuedPolicy({ id: '0' });
 *   response.status(201).send('issued');
 * });
 * application.use(sessions.onError);
 * ```
 */
export function toExpressEventSessions<Definitions, Input extends ExpressRequest = ExpressRequest>(
  client: EventClient<Definitions>,
  options: RequestSessionOptions<Input> = {},
): ExpressEventSessions<Definitions, Input> {
  const sessions = new WeakMap<object, SessionOf<Definitions, void>>();
  const failed = new WeakSet<object>();
  const middleware = async (request: Input, response: ExpressResponse, next: Next): Promise<void> => {
    // Mounted twice, it is there once.
    if (sessions.has(request)) {
      return next();
    }
    try {
      const session = await openRequestSession(client, request, request.headers as HeaderSource, options);
      sessions.set(request, session);
      holdEnd(response, session, () => failed.has(request), next);
    } catch (error) {
      return next(error);
    }
    next();
  };
  return Object.assign(middleware, {
    sessionOf(request: object) {
      const session = sessions.get(request);
      if (session === undefined) {
        throw new EventError(
          'configuration_invalid',
          'the request has no session: mount the middleware before its handlers',
        );
      }
      return session;
    },
    onError(error: unknown, request: object, _response: unknown, next: Next) {
      failed.add(request);
      next(error);
    },
  });
}

interface Held {
  readonly events: readonly unknown[];
  flush(): Promise<void>;
  rollback(): void;
}

/** What nothing was published for ends at once, as it would without a session. */
function holdEnd(response: ExpressResponse, session: Held, hasFailed: () => boolean, next: Next): void {
  const { end } = response;
  const before = headOf(response);
  let state: 'open' | 'flushing' | 'settled' = 'open';
  const finish = (content: readonly unknown[]) => {
    state = 'settled';
    return Reflect.apply(end, response, content);
  };
  response.end = (...content: readonly unknown[]) => {
    if (state === 'flushing') {
      return response;
    }
    if (state === 'open' && (hasFailed() || isFailure(response.statusCode))) {
      session.rollback();
    }
    if (state === 'settled' || session.events.length === 0) {
      return finish(content);
    }
    state = 'flushing';
    // Whoever goes on after the reply, such as a handler of 404, finds no headers sent and sets its own.
    const reply = headOf(response);
    session
      .flush()
      .then(() => {
        setHead(response, reply);
        finish(content);
      })
      .catch((error) => {
        state = 'settled';
        setHead(response, before);
        next(withoutStatus(error));
      });
    return response;
  };
}

/** Express would reply with the status that the event server gave, such as 400, as if this caller had erred. */
function withoutStatus(error: unknown): unknown {
  return error instanceof EventError
    ? new EventError(error.code, error.message, { failed: error.failed, cause: error })
    : error;
}
