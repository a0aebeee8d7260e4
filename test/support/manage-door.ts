import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { FunctionName } from '../../lambdas/functions';
import { makeOpenapiDocument } from '../../lambdas/manage/openapi/openapi-document';
import { type Authenticator, makeAuthenticator } from '../../lambdas/shared/authenticate';
import { type DoorMethods, httpFunction } from '../../lambdas/shared/http-function';
import type { HttpHandler } from '../../lambdas/shared/http-message';
import { lazily } from '../../lambdas/shared/lazily';
import { problemDialect } from '../../lambdas/shared/problem-dialect';
import { makeReplyCheck, type SeenReply } from './documented-replies';
import { trustingEnvironment, unsignedToken } from './tokens';

export const authenticate: Authenticator = makeAuthenticator(trustingEnvironment);

export interface DoorCall {
  readonly resource?: string;
  readonly parameters?: Record<string, string>;
  readonly query?: Record<string, string>;
  /** Space-separated; `null`: no token at all. */
  readonly scope?: string | null;
  readonly subject?: string;
  /** An object is sent as JSON, a string as it is. */
  readonly body?: unknown;
  readonly path?: string;
  /** Beside those of every call, or in their place. */
  readonly headers?: Record<string, string>;
}

export interface DoorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came.
  readonly body: any;
  readonly text: string;
}

/** Every reply that a test of these doors sees is as `/openapi.json` says. @throws Error with what is not. */
export function requireDocumented(seen: SeenReply): void {
  const problems = checkReply()(seen);
  if (problems.length > 0) {
    throw new Error(`${seen.method} ${seen.path} is not as documented: ${problems.join('; ')}`);
  }
}

const checkReply = lazily(() => makeReplyCheck(makeOpenapiDocument()));

/** Calls a handler of the manage door as API Gateway does, through the wrapper that it is deployed in. */
export function openManageDoor(
  name: FunctionName,
  methods: DoorMethods,
  handler: HttpHandler,
  allScopes: string,
) {
  const invoke = httpFunction({ name, ...methods, dialect: problemDialect, wire: () => handler });
  return async (method: string, path: string, call: DoorCall = {}): Promise<DoorAnswer> => {
    const { scope = allScopes, subject = 'alice', body, parameters } = call;
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const authorization =
      scope === null ? {} : { Authorization: `Bearer ${unsignedToken({ sub: subject, scope })}` };
    const result = await invoke({
      httpMethod: method,
      resource: call.resource ?? path,
      path: call.path ?? path,
      pathParameters: parameters ?? null,
      queryStringParameters: call.query ?? null,
      headers: { 'Content-Type': 'application/json', ...authorization, ...call.headers },
      body: text ?? null,
      isBase64Encoded: false,
      requestContext: { requestId: 'request-1' },
    } as unknown as APIGatewayProxyEvent);
    requireDocumented({
      method,
      path: call.resource ?? path,
      query: Object.keys(call.query ?? {}),
      status: result.statusCode,
      contentType: String(result.headers?.['content-type']),
      text: result.body,
      ...(scope !== null && allScopes !== '' && { scopes: scope.split(' ') }),
    });
    return {
      status: result.statusCode,
      headers: result.headers ?? {},
      body: result.body ? JSON.parse(result.body) : undefined,
      text: result.body,
    };
  };
}
