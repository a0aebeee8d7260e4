import type { IncomingMessage } from 'node:http';
import { explain, type Invocable, type InvocationOutcome, MAX_PAYLOAD_BYTES } from '../functions/invocation';
import type { ResponseType } from './gateway-responses';
import { proxyEvent, splitTarget } from './proxy-event';
import { type ProxyReply, parseProxyReply } from './proxy-reply';
import type { Api } from './read-api';
import { readBody } from './read-body';
import { functionFor, matchRoute } from './routes';

/** API Gateway waits this long for a function. */
export const INTEGRATION_LIMIT_MILLISECONDS = 29_000;

export interface ApiReply extends ProxyReply {
  /** The rest of the request is not read: the connection has to go. */
  readonly refusesBody?: boolean;
}

export type ApiHandler = (request: IncomingMessage, requestId: string) => Promise<ApiReply>;

/** Answers requests as API Gateway does: route, read, invoke, reply; or one of its own answers. It never rejects. */
export function handlerOf(api: Api, port: number, limitMilliseconds: number): ApiHandler {
  return async (request, requestId) => {
    const target = splitTarget(request.url ?? '');
    const match = target && matchRoute(api.routes, target.path);
    const name = match && functionFor(match.node, request.method ?? '');
    const fn = name === undefined ? undefined : api.functions.get(name);
    if (!target || !match || !fn) {
      return ownAnswer(api, 'MISSING_AUTHENTICATION_TOKEN', requestId);
    }
    const read = await readBody(request);
    if (read.kind !== 'read') {
      return ownAnswer(
        api,
        read.kind === 'too-large' ? 'REQUEST_TOO_LARGE' : 'BAD_REQUEST_BODY',
        requestId,
        true,
      );
    }
    const event = JSON.stringify(
      proxyEvent(request, target, match, read.body, { ...api, port, requestId, now: Date.now() }),
    );
    if (Buffer.byteLength(event) > MAX_PAYLOAD_BYTES) {
      return ownAnswer(api, 'REQUEST_TOO_LARGE', requestId);
    }
    return answerOf(api, fn.name, await invokeInTime(fn, event, limitMilliseconds), requestId);
  };
}

async function invokeInTime(
  fn: Invocable,
  event: string,
  limitMilliseconds: number,
): Promise<InvocationOutcome | 'expired'> {
  const limit = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<'expired'>((resolve) => {
    timer = setTimeout(() => {
      resolve('expired');
      limit.abort();
    }, limitMilliseconds);
  });
  const outcome = await Promise.race([fn.invoke(event, limit.signal), expired]);
  clearTimeout(timer);
  return outcome;
}

function answerOf(
  api: Api,
  functionName: string,
  outcome: InvocationOutcome | 'expired',
  requestId: string,
): ApiReply {
  if (outcome === 'expired') {
    return ownAnswer(api, 'INTEGRATION_TIMEOUT', requestId);
  }
  const reply = outcome.kind === 'returned' ? parseProxyReply(outcome.payload) : undefined;
  if (reply) {
    return reply;
  }
  const why = outcome.kind === 'returned' ? 'made a malformed reply' : explain(outcome);
  api.journal.note(`request ${requestId}: ${functionName} ${why}`);
  return ownAnswer(api, 'INTEGRATION_FAILURE', requestId);
}

function ownAnswer(api: Api, type: ResponseType, requestId: string, refusesBody = false): ApiReply {
  const { status, headers, body } = api.gatewayResponses.reply(type, requestId);
  return {
    status,
    headers: [...Object.entries(headers), ['x-amzn-errortype', type]],
    body: Buffer.from(body),
    refusesBody,
  };
}
