import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { SecretText } from '../../lambdas/aws/secrets-manager-text';
import type { HttpFunctionOptions } from '../../lambdas/shared/http-function';
import { httpFunction } from '../../lambdas/shared/http-function';

export interface CallbackCall {
  readonly method?: string;
  /** The whole header; `null` for none. */
  readonly authorization?: string | null;
  readonly contentType?: string;
  /** An object is sent as JSON, a string or bytes as they are. */
  readonly body?: unknown;
}

/** Calls an end point of the ADS door through its wrapper, byte for byte. @param token of its users. */
export function openCallbackDoor(options: HttpFunctionOptions, token: string) {
  const invoke = httpFunction(options);
  return async (call: CallbackCall = {}) => {
    const {
      method = 'POST',
      authorization = `Bearer ${token}`,
      contentType = 'application/json',
      body,
    } = call;
    const raw = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
    const result = await invoke({
      httpMethod: method,
      resource: '/webhooks/x',
      path: '/webhooks/x',
      pathParameters: null,
      queryStringParameters: null,
      headers: {
        'Content-Type': contentType,
        ...(authorization !== null && { Authorization: authorization }),
      },
      body: raw === undefined ? null : Buffer.from(raw).toString('base64'),
      isBase64Encoded: true,
      requestContext: { requestId: 'request-1' },
    } as unknown as APIGatewayProxyEvent);
    return { status: result.statusCode, text: result.body, headers: result.headers ?? {} };
  };
}

/** The body of a refusal, as the original spaces it. */
export function errorText(error: string): string {
  return `{"error": ${JSON.stringify(error)}}\n`;
}

/** A secret that an operator may replace. */
export function secretText(text: string): SecretText & { replace(next: string): void; reads: number } {
  let kept = text;
  let stored = text;
  return {
    reads: 0,
    async current() {
      return kept;
    },
    async renewed() {
      this.reads += 1;
      kept = stored;
      return kept;
    },
    replace(next) {
      stored = next;
    },
  };
}

/** Contract ADS, section 2, but for a missing header: the steps are the same on all end points. */
export const headerRefusals: readonly (readonly [authorization: string | null, error: string])[] = [
  [null, '"{Bearer}" missing from "Authorization" header'],
  ['', '"{Bearer}" missing from "Authorization" header'],
  ['bearer TOKEN', '"{Bearer}" missing from "Authorization" header'],
  ['Basic TOKEN', '"{Bearer}" missing from "Authorization" header'],
  ['Bearer', 'Improperly formatted "Authorization" header'],
  ['  Bearer  ', 'Improperly formatted "Authorization" header'],
  ['TokenBearer', 'Improperly formatted "Authorization" header'],
];
