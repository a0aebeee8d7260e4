import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { ServiceError } from '../../core/errors';
import type { FunctionName } from '../functions';
import type { HttpHandler, HttpReply, HttpRequest } from './http-message';
import { lazily } from './lazily';
import { makeLogger } from './logging';

/** How one client family reads an error: `undefined` is a failure of ours, told without details. */
export type Dialect = (error: ServiceError | undefined, request: { readonly requestId: string }) => HttpReply;

export interface HttpFunctionOptions {
  readonly name: FunctionName;
  readonly dialect: Dialect;
  /** The methods that the door answers; anything else is a 405 with `Allow`. OPTIONS is answered here. */
  readonly methods: readonly string[];
  /** Binds the handler to its real ports; called once, at the first request. */
  readonly wire: () => HttpHandler;
}

type ApiHandler = (event: APIGatewayProxyEvent, context?: Context) => Promise<APIGatewayProxyResult>;

/** The wrapper of every HTTP function: request in, reply or the door's own error out, one log line each. */
export function httpFunction({ name, dialect, methods, wire }: HttpFunctionOptions): ApiHandler {
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
    return toGatewayReply(reply);
  };

  async function answer(event: APIGatewayProxyEvent, requestId: string): Promise<HttpReply> {
    try {
      if (event.httpMethod === 'OPTIONS') {
        return { status: 200, headers: { allow: allowed() } };
      }
      if (!methods.includes(event.httpMethod)) {
        throw new ServiceError(
          'method_not_allowed',
          `${event.httpMethod} is not allowed here; allowed: ${allowed()}`,
          { allow: allowed() },
        );
      }
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

  function allowed(): string {
    return [...methods, 'OPTIONS'].join(', ');
  }
}

function toRequest(event: APIGatewayProxyEvent, requestId: string): HttpRequest {
  return {
    method: event.httpMethod,
    resource: event.resource,
    path: event.path,
    parameters: decodeParameters(event.pathParameters ?? {}),
    query: withoutUndefined(event.queryStringParameters ?? {}),
    headers: lowerCased(event.headers ?? {}),
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

function withoutUndefined(record: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function lowerCased(headers: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(withoutUndefined(headers)).map(([key, value]) => [key.toLowerCase(), value]),
  );
}

function toGatewayReply({ status, headers, body }: HttpReply): APIGatewayProxyResult {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  return { statusCode: status, headers: { 'content-type': 'application/json', ...headers }, body: text };
}
