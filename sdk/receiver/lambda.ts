import { decodeBase64, encodeBase64 } from './base64';
import type { HeaderSource, RawBody, Reply, Responder } from './http';
import { bytesOf } from './json-body';
import { PayloadTooLargeError } from './refusals';

/** The proxy event of an API Gateway REST API, or of a load balancer (payload format 1.0). */
export interface LambdaEventV1 {
  readonly httpMethod: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | undefined>> | null;
  readonly multiValueHeaders?: Readonly<Record<string, string[] | undefined>> | null;
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
}

/** The event of an HTTP API or a function URL (payload format 2.0). */
export interface LambdaEventV2 {
  readonly requestContext: { readonly http: { readonly method: string } };
  readonly rawPath: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
}

/** Both formats take it. */
export interface LambdaReply {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

/**
 * Serves events in AWS Lambda behind API Gateway (REST and HTTP APIs), a function URL or a load balancer. A REST API
 * needs binary frames' type among its `binaryMediaTypes`. Every event is handled before its reply: Lambda freezes after it.
 *
 * @example
 * ```ts
 * import { EventHandler, toLambdaHandler } from 'changewire/receiver';
 *
 * const events = new EventHandler({ handleConnect: () => ({ userId: 'ada' }) });
 * export const handler = toLambdaHandler(events);
 * ```
 */
export function toLambdaHandler(
  responder: Responder,
  options: { readonly path?: string } = {},
): (event: LambdaEventV1 | LambdaEventV2) => Promise<LambdaReply> {
  return async (event) => {
    const answer = await responder.answer(
      {
        ...('httpMethod' in event
          ? { method: event.httpMethod, path: event.path }
          : { method: event.requestContext.http.method, path: event.rawPath }),
        headers: headersOf(event),
        readBody: async (maxBytes) => readBody(event, maxBytes),
      },
      options,
    );
    switch (answer.outcome) {
      case 'replied':
        return toReply(answer.reply);
      case 'acknowledged':
        return toReply(await answer.finish());
      case 'passed':
        return toReply({ status: 404, headers: {}, body: '' });
    }
  };
}

function headersOf(event: LambdaEventV1 | LambdaEventV2): HeaderSource {
  const many = 'multiValueHeaders' in event ? event.multiValueHeaders : undefined;
  return many ?? event.headers ?? {};
}

function readBody({ body, isBase64Encoded }: LambdaEventV1 | LambdaEventV2, maxBytes: number): RawBody {
  const bytes = isBase64Encoded ? decodeBase64(body ?? '') : bytesOf(body ?? '');
  if (bytes === undefined) {
    throw new TypeError('the event says that its body is base64, and it is not');
  }
  if (bytes.length > maxBytes) {
    throw new PayloadTooLargeError(maxBytes);
  }
  return bytes;
}

function toReply({ status, headers, body }: Reply): LambdaReply {
  const isBinary = typeof body !== 'string';
  return {
    statusCode: status,
    headers: { ...headers },
    body: isBinary ? encodeBase64(body) : body,
    isBase64Encoded: isBinary,
  };
}
