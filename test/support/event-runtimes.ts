import express from 'express';
import expressFour from 'express-4';
import {
  type LambdaEventV1,
  type LambdaEventV2,
  type LambdaReply,
  type Responder,
  toExpressMiddleware,
  toFetchHandler,
  toLambdaHandler,
  toNodeListener,
} from '../../sdk/receiver';
import { type EventServer, type Received, startEventServer } from './event-servers';
import type { SentEvent } from './web-pubsub-events';

type Start = (responder: Responder, options?: { readonly path?: string }) => Promise<EventServer>;

/** Every runtime that there is an adapter for, behind the same few words. */
export const runtimes: Readonly<
  Record<'node' | 'express' | 'express4' | 'fetch' | 'lambdaV1' | 'lambdaV2', Start>
> = {
  node: (responder, options) => {
    const listener = toNodeListener(responder, options);
    return startEventServer((request, response) => void listener(request, response));
  },
  express: (responder, options) => startEventServer(express().use(toExpressMiddleware(responder, options))),
  express4: (responder, options) =>
    startEventServer(expressFour().use(toExpressMiddleware(responder, options))),
  fetch: async (responder, options) => {
    const serve = toFetchHandler(responder, options);
    return {
      send: async (event) => {
        const response = await serve(toFetchRequest(event));
        return {
          status: response.status,
          headers: Object.fromEntries(response.headers),
          body: Buffer.from(await response.arrayBuffer()),
        };
      },
      stop: async () => {},
    };
  },
  lambdaV1: async (responder, options) => {
    const serve = toLambdaHandler(responder, options);
    return { send: async (event) => fromLambda(await serve(toLambdaV1(event))), stop: async () => {} };
  },
  lambdaV2: async (responder, options) => {
    const serve = toLambdaHandler(responder, options);
    return { send: async (event) => fromLambda(await serve(toLambdaV2(event))), stop: async () => {} };
  },
};

export function toFetchRequest({ method, path, headers, body }: SentEvent): Request {
  const content = method === 'GET' || method === 'OPTIONS' || body.length === 0 ? {} : { body };
  return new Request(`https://receiver.example.org${path}`, { method, headers, ...content });
}

/** A REST API keeps the case of names, gives each a list, and passes binary types in base64. */
export function toLambdaV1({ method, path, headers, body }: SentEvent): LambdaEventV1 {
  const [pathname = '/'] = path.split('?');
  const isText = typeof body === 'string';
  return {
    httpMethod: method,
    path: pathname,
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    body: body.length === 0 ? null : isText ? body : Buffer.from(body).toString('base64'),
    isBase64Encoded: !isText && body.length > 0,
  };
}

/** An HTTP API writes names in lower case. */
export function toLambdaV2({ method, path, headers, body }: SentEvent): LambdaEventV2 {
  const [pathname = '/'] = path.split('?');
  return {
    requestContext: { http: { method } },
    rawPath: pathname,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    ...(body.length === 0 ? {} : { body: Buffer.from(body).toString('base64') }),
    isBase64Encoded: body.length > 0,
  };
}

function fromLambda({ statusCode, headers, body, isBase64Encoded }: LambdaReply): Received {
  return { status: statusCode, headers, body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8') };
}
