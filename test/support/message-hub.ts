import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type HubRegistry, makeHubRegistry } from './hub-registry';

/** A message as it came over the wire, once for each payload. */
export interface TakenMessage {
  readonly key: string | undefined;
  readonly topic: string;
  readonly payload: unknown;
  readonly attributes: unknown;
  readonly scheduleAt?: string;
}

export interface HubCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** What the hub does with one call; `cut` hangs up, before or after it has stored the message. */
export type HubBehaviour =
  | { readonly kind: 'serve' }
  | { readonly kind: 'cut'; readonly stored: boolean }
  | { readonly kind: 'hang' }
  /** Begins an answer of success, and hangs up in the middle of it. */
  | { readonly kind: 'reset' }
  | { readonly kind: 'answer'; readonly status: number; readonly body: string; readonly headers?: object };

const MAX_BULK = 3_000;

/**
 * A hub of the contract (section 1, with what we bring back to life), which does as it is told, call by call, then serves
 * whatever comes. Consumers are lists of what they would get.
 */
export async function startMessageHub(script: HubBehaviour[] = [], port = 0) {
  const calls: HubCall[] = [];
  const taken: TakenMessage[] = [];
  const cancelled: number[] = [];
  const known = new Map<string, readonly number[]>();
  const registry = makeHubRegistry();
  const state = { lastId: 0, maxBulk: MAX_BULK, unknownTopics: new Set<string>() };
  /** Deduplicated by key, as the door does. */
  const take = (key: string | undefined, messages: readonly TakenMessage[]) => {
    const before = key === undefined ? undefined : known.get(key);
    if (before !== undefined) {
      return before;
    }
    const ids = messages.map(() => {
      state.lastId += 1;
      return state.lastId;
    });
    taken.push(...messages);
    known.set(key ?? `none ${state.lastId}`, ids.reverse());
    return ids;
  };
  const accept = (path: string, key: string | undefined, text: string): Reply => {
    const body = JSON.parse(text);
    const { topic, payload, attributes, schedule_at: scheduleAt } = body;
    const isBulk = path === '/api/bulk_messages/';
    if (isBulk && payload.length > state.maxBulk) {
      return { status: 406, body: { data: { errors: 'Exceed max messages to ingest in bulk' } } };
    }
    if (state.unknownTopics.has(topic)) {
      return isBulk
        ? { status: 406, body: { data: { errors: 'Topic does not exist' } } }
        : { status: 400, body: { data: { errors: { topic: ['is invalid'] } } } };
    }
    const payloads: unknown[] = isBulk ? payload : [payload];
    const messages = payloads.map((one) => ({
      ...{ key, topic, payload: one, attributes },
      ...(scheduleAt && { scheduleAt }),
    }));
    const ids = take(key, messages);
    return { status: 201, body: isBulk ? { result: ids } : { id: ids } };
  };
  const serve = (call: HubCall): Reply => {
    const { method, path, text } = call;
    if (method === 'GET' && path === '/api/health/') {
      return { status: 200, body: { status: 'ok' } };
    }
    if (method === 'POST' && /^\/api\/(bulk_|schedule_)?messages\/$/.test(path)) {
      return accept(path, call.headers['idempotency-key'] as string | undefined, text);
    }
    const schedule = /^\/api\/schedule_messages\/(\d+)$/.exec(path);
    if (method === 'DELETE' && schedule) {
      const id = Number(schedule[1]);
      const isThere = [...known.values()].some((ids) => ids.includes(id)) && !cancelled.includes(id);
      cancelled.push(...(isThere ? [id] : []));
      return isThere ? { status: 204 } : { status: 404, body: { errors: { detail: 'Not Found' } } };
    }
    return registry.serve(method, path, text) ?? { status: 404, body: { errors: { detail: 'Not Found' } } };
  };
  const behave = (call: HubCall, request: IncomingMessage, response: ServerResponse) => {
    const behaviour = script.shift() ?? { kind: 'serve' };
    switch (behaviour.kind) {
      case 'serve':
        return write(response, serve(call));
      case 'cut':
        if (behaviour.stored) {
          serve(call);
        }
        return request.socket.destroy();
      case 'hang':
        return undefined;
      case 'reset':
        response.writeHead(201, { 'content-type': 'application/json', 'content-length': '100' });
        response.write('{"id":[');
        return setTimeout(() => request.socket.destroy(), 20);
      case 'answer':
        return response.writeHead(behaviour.status, { ...behaviour.headers }).end(behaviour.body);
    }
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      const call = { method, path, headers, text: Buffer.concat(chunks).toString() };
      calls.push(call);
      behave(call, request, response);
    });
  });
  server.unref();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    ...{ calls, taken, cancelled, script, state },
    registry: registry as HubRegistry,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export type MessageHub = Awaited<ReturnType<typeof startMessageHub>>;

export interface Reply {
  readonly status: number;
  readonly body?: unknown;
}

function write(response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(body === undefined ? '' : JSON.stringify(body));
}
