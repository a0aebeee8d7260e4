import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { ServiceError } from '../../core/errors';
import type { FunctionName } from '../functions';
import { baseUrlOf } from './base-url';
import { type CorsPolicy, corsHeaders } from './cors';
import type { HttpHandler, HttpReply, HttpRequest } from './http-message';
import { lazily } from './lazily';
import { makeLogger } from './logging';

/** How one client family reads an error: `undefined` is a failure of ours, told without details. */
export type Dialect = (error: ServiceError | undefined, request: { readonly requestId: string }) => HttpReply;

/**
 * The methods that a door answers; anything else is a 405 with `Allow`. OPTIONS is answered by the wrapper, unless it
 * is among them.
 */
export interface DoorMethods {
  readonly methods: readonly string[];
  /** Where a resource differs from `methods`. */
  readonly methodsOf?: Readonly<Record<string, readonly string[]>>;
}

export interface HttpFunctionOptions extends DoorMethods {
  readonly name: FunctionName;
  readonly dialect: Dialect;
  /** Why a method is refused, as `GET /path`: a further sentence for who took it to be allowed. */
  readonly refusals?: Readonly<Record<string, string>>;
  /** What pages of other origins may do. @default nothing */
  readonly cors?: CorsPolicy;
  /** Binds the handler to its real ports; called once, at the first request. */
  readonly wire: () => HttpHandler;
}

type ApiHandler = (event: APIGatewayProxyEvent, context?: Context) => Promise<APIGatewayProxyResult>;

/** The wrapper of every HTTP function: request in, reply or the door's own error out, one log line each. */
export function httpFunction(options: HttpFunctionOptions): ApiHandler {
  const { name, dialect, cors, wire } = options;
  const handle = lazily(wire);
  const logger = lazily(() => makeLogger(name));
  return async (event, context) => {
    const requestId = event.requestContext?.requestId ?? context?.awsRequestId ?? randomUUID();
    const startedAt = performance.now();
    const reply = await answer(event, requestId);
    logger().info('answered', {
      request_id: requestId,
      method: event.httpMethod,
      resource: event.resource,
      status: reply.status,
      milliseconds: Math.round(performance.now() - startedAt),
    });
    return toGatewayReply({ ...reply, headers: { ...forPages(event), ...reply.headers } });
  };

  function forPages(event: APIGatewayProxyEvent): Readonly<Record<string, string>> {
    return cors
      ? corsHeaders({ method: event.httpMethod, headers: lowerCased(event.headers ?? {}) }, cors)
      : {};
  }

  async function answer(event: APIGatewayProxyEvent, requestId: string): Promise<HttpReply> {
    try {
      if (event.httpMethod === 'OPTIONS' && !methodsAt(event.resource, options).includes('OPTIONS')) {
        return { status: 200, headers: { allow: allowedAt(event.resource, options) } };
      }
      refuseMethod(event, options);
      return await handle()(toRequest(event, requestId));
    } catch (error) {
      if (error instanceof ServiceError) {
        const reply = dialect(error, { requestId });
        return { ...reply, headers: { ...error.headers, ...reply.headers } };
      }
      logger().error('failed', { request_id: requestId, error: error as Error });
      return dialect(undefined, { requestId });
    }
  }
}

/** @throws ServiceError when the resource does not take the method. */
function refuseMethod(
  { httpMethod, resource }: APIGatewayProxyEvent,
  options: Pick<HttpFunctionOptions, keyof DoorMethods | 'refusals'>,
): void {
  const { refusals } = options;
  if (methodsAt(resource, options).includes(httpMethod)) {
    return;
  }
  const allow = allowedAt(resource, options);
  const why = refusals?.[`${httpMethod} ${resource}`];
  const text = `${httpMethod} is not allowed here; allowed: ${allow}`;
  throw new ServiceError('method_not_allowed', why ? `${text}; ${why}` : text, { allow });
}

function allowedAt(resource: string, options: DoorMethods): string {
  return [...new Set([...methodsAt(resource, options), 'OPTIONS'])].join(', ');
}

function methodsAt(resource: string, { methods, methodsOf }: DoorMethods): readonly string[] {
  return methodsOf?.[resource] ?? methods;
}

function toRequest(event: APIGatewayProxyEvent, requestId: string): HttpRequest {
  const headers = lowerCased(event.headers ?? {});
  const { resource, path, requestContext } = event;
  return {
    method: event.httpMethod,
    resource,
    path,
    baseUrl: baseUrlOf({ resource, path, headers, requestContext }),
    parameters: decodeParameters(event.pathParameters ?? {}),
    query: withoutUndefined(event.queryStringParameters ?? {}),
    headers,
    headerLines: lowerCased(event.multiValueHeaders ?? {}),
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
    requestId,
  };
}

/** API Gateway passes path parameters as they came, percent-encoded: they are decoded here, once. */
function decodeParameters(parameters: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(withoutUndefined(parameters)).map(([key, value]) => {
      try {
        return [key, decodeURIComponent(value)];
      } catch {
        throw new ServiceError(
          'parameter_invalid',
          `the path parameter "${key}" is not valid percent-encoding`,
        );
      }
    }),
  );
}

function withoutUndefined<Value>(record: Record<string, Value | undefined>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(record).filter((entry): entry is [string, Value] => entry[1] !== undefined),
  );
}

function lowerCased<Value>(headers: Record<string, Value | undefined>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(withoutUndefined(headers)).map(([key, value]) => [key.toLowerCase(), value]),
  );
}

function toGatewayReply({ status, headers, body }: HttpReply): APIGatewayProxyResult {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  return { statusCode: status, headers: { 'content-type': 'application/json', ...headers }, body: text };
}
