import type { IncomingMessage } from 'node:http';
import { ACCOUNT_ID } from '../aws/identity';
import type { RouteMatch } from './routes';

export interface EventContext {
  readonly apiId: string;
  readonly stage: string;
  readonly stageVariables: Readonly<Record<string, string>> | null;
  readonly binaryMediaTypes: readonly string[];
  readonly port: number;
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Splits a request target into the path, still percent-encoded, and the query. */
export function splitTarget(target: string): { path: string; query: string } | undefined {
  const [whole = '', query = ''] = target.split(/\?(.*)/s);
  if (whole.startsWith('/')) {
    return { path: whole, query };
  }
  // The absolute form, as clients send it to a proxy.
  const path = /^https?:\/\/[^/]*(\/.*)?$/i.exec(whole);
  return path ? { path: path[1] ?? '/', query } : undefined;
}

/** The event of a REST API's proxy integration, as the function gets it. */
export function proxyEvent(
  request: IncomingMessage,
  { path, query }: { readonly path: string; readonly query: string },
  { node, parameters }: RouteMatch,
  body: Buffer,
  context: EventContext,
): object {
  const multiValueHeaders = headersOf(request, context.port);
  const multiValueQuery = group([...new URLSearchParams(query)]);
  const isBinary = isBinaryType(request.headers['content-type'] ?? '', context.binaryMediaTypes);
  return {
    resource: node.path,
    path,
    httpMethod: request.method,
    headers: lastOfEach(multiValueHeaders),
    multiValueHeaders,
    queryStringParameters: nullWhenEmpty(lastOfEach(multiValueQuery)),
    multiValueQueryStringParameters: nullWhenEmpty(multiValueQuery),
    pathParameters: nullWhenEmpty(parameters),
    stageVariables: context.stageVariables,
    requestContext: requestContext(request, path, node, context),
    body: body.length === 0 ? null : body.toString(isBinary ? 'base64' : 'utf8'),
    isBase64Encoded: isBinary && body.length > 0,
  };
}

function requestContext(
  request: IncomingMessage,
  path: string,
  node: RouteMatch['node'],
  { apiId, stage, requestId, now }: EventContext,
): object {
  return {
    accountId: ACCOUNT_ID,
    apiId,
    stage,
    requestId,
    extendedRequestId: requestId,
    resourceId: node.id,
    resourcePath: node.path,
    httpMethod: request.method,
    // As under a custom domain: the stage is no part of the path.
    path,
    protocol: `HTTP/${request.httpVersion}`,
    domainName: request.headers.host?.replace(/:\d+$/, '') ?? '127.0.0.1',
    requestTime: new Date(now).toISOString(),
    requestTimeEpoch: now,
    identity: {
      sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
      userAgent: request.headers['user-agent'] ?? null,
    },
  };
}

function headersOf(request: IncomingMessage, port: number): Record<string, string[]> {
  const pairs = request.rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [[name, request.rawHeaders[index + 1] ?? ''] as [string, string]] : [],
  );
  // The gateway writes these itself; what a caller claims is not passed on.
  const own = new Set(['x-forwarded-for', 'x-forwarded-port', 'x-forwarded-proto']);
  const forwardedFor = [request.headers['x-forwarded-for'], request.socket.remoteAddress]
    .filter((address) => address !== undefined)
    .join(', ');
  return group([
    ...pairs.filter(([name]) => !own.has(name.toLowerCase())),
    ['X-Forwarded-For', forwardedFor],
    ['X-Forwarded-Port', String(port)],
    ['X-Forwarded-Proto', 'http'],
  ]);
}

/** Pairs of equal names under one key, the first spelling of the name; safe for names such as `__proto__`. */
function group(pairs: readonly (readonly [string, string])[]): Record<string, string[]> {
  const groups = new Map<string, [string, string[]]>();
  for (const [name, value] of pairs) {
    const [, values] = groups.get(name) ?? [name, []];
    groups.set(name, [name, [...values, value]]);
  }
  return Object.fromEntries(groups.values());
}

function lastOfEach(groups: Readonly<Record<string, readonly string[]>>): Record<string, string> {
  return Object.fromEntries(Object.entries(groups).map(([name, values]) => [name, values.at(-1) ?? '']));
}

function nullWhenEmpty<T extends object>(record: T): T | null {
  return Object.keys(record).length === 0 ? null : record;
}

function isBinaryType(contentType: string, binaryMediaTypes: readonly string[]): boolean {
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  return binaryMediaTypes.some((binary) => binary === '*/*' || binary.toLowerCase() === type);
}
