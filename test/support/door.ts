import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { HttpFunctionOptions } from '../../lambdas/shared/http-function';
import { httpFunction } from '../../lambdas/shared/http-function';

export interface DoorRequest {
  readonly method?: string;
  readonly path?: string;
  readonly parameters?: Record<string, string>;
  readonly query?: Record<string, string>;
  readonly token?: string | undefined;
  readonly headers?: Record<string, string>;
  /** A string goes as it is, bytes as base64, anything else as JSON. */
  readonly body?: unknown;
}

/** Calls a door as API Gateway does, through the wrapper and its dialect. */
export function openDoor(options: HttpFunctionOptions) {
  const handle = httpFunction(options);
  return async (request: DoorRequest) => {
    const reply = await handle(toEvent(request, options.methods[0] ?? 'GET'));
    return {
      status: reply.statusCode,
      headers: reply.headers ?? {},
      text: reply.body,
      json: reply.body === '' ? undefined : JSON.parse(reply.body),
    };
  };
}

function toEvent(request: DoorRequest, method: string): APIGatewayProxyEvent {
  const { body, token } = request;
  const isBytes = body instanceof Uint8Array;
  return {
    httpMethod: request.method ?? method,
    path: request.path ?? '/',
    resource: request.path ?? '/',
    pathParameters: request.parameters ?? null,
    queryStringParameters: request.query ?? null,
    headers: { ...(token !== undefined && { Authorization: `Bearer ${token}` }), ...request.headers },
    body: isBytes
      ? Buffer.from(body).toString('base64')
      : body === undefined || typeof body === 'string'
        ? (body ?? null)
        : JSON.stringify(body),
    isBase64Encoded: isBytes,
    requestContext: { requestId: 'request-1' },
  } as unknown as APIGatewayProxyEvent;
}
