import type { Responder } from './http';
import { type NodeRequest, type NodeResponse, serveNode } from './node';

/** What Express adds to Node's request; Connect has `url` alone, relative to where it is mounted. */
export interface ExpressRequest extends NodeRequest {
  readonly baseUrl?: string;
  readonly path?: string;
  readonly originalUrl?: string;
}

/**
 * Serves events in Express and what is like it. What is no event goes on to the next middleware. Body
 * parsers belong behind it, or must leave the bytes (`express.raw`).
 *
 * @example
 * ```ts
 * import express from 'express';
 * import { EventHandler, toExpressMiddleware } from 'changewire/receiver';
 *
 * const handler = new EventHandler({ handleConnect: () => ({ userId: 'ada' }) });
 * const application = express();
 * application.use(toExpressMiddleware(handler, { path: '/eventhandler' }));
 * ```
 */
export function toExpressMiddleware(
  responder: Responder,
  options: { readonly path?: string } = {},
): (request: ExpressRequest, response: NodeResponse, next: (error?: unknown) => void) => Promise<void> {
  return (request, response, next) => {
    const whole = request.originalUrl ?? `${request.baseUrl ?? ''}${request.path ?? request.url ?? '/'}`;
    const path = whole.replace(/[?#].*$/s, '');
    return serveNode(responder, request, response, { ...options, next: () => next() }, path).catch(next);
  };
}
