import { ResponseType } from 'aws-cdk-lib/aws-apigateway';

/** An answer that API Gateway gives by itself, before or instead of a function. */
export interface GatewayAnswer {
  readonly type: ResponseType;
  /** @default the gateway's own status */
  readonly statusCode?: string;
  readonly errorType: string;
  readonly code: string;
  /** JSON: a quoted text, or the gateway's own. */
  readonly message: string;
}

/** Told to the caller as the gateway words it, such as "Forbidden". */
const asTheGatewayWordsIt = '$context.error.messageString';

const internal = {
  statusCode: '500',
  // A name that bc-events' client repeats the same body for.
  errorType: 'InternalFailureException',
  code: 'internal_error',
};

/** What an operator puts before the functions may refuse: a resource policy, a firewall, an authorizer. */
const denied = {
  statusCode: '400',
  errorType: 'AccessDeniedException',
  code: 'forbidden',
  message: asTheGatewayWordsIt,
};

/**
 * No client family may take one of these for success: bc-events drops every status but 400 and 500 as done,
 * so what is worth repeating is a 500 with an `errorType` that its client knows.
 */
export const gatewayAnswers: readonly GatewayAnswer[] = [
  {
    type: ResponseType.THROTTLED,
    statusCode: '500',
    errorType: 'ProvisionedThroughputExceededException',
    code: 'throttled',
    message: '"too many requests; repeat this one later"',
  },
  { ...internal, type: ResponseType.INTEGRATION_FAILURE, message: '"internal error; repeat the request"' },
  {
    ...internal,
    type: ResponseType.INTEGRATION_TIMEOUT,
    message: '"no answer in time; the request may have been accepted, repeating it is harmless"',
  },
  {
    ...internal,
    type: ResponseType.API_CONFIGURATION_ERROR,
    message: '"internal error; repeat the request"',
  },
  { ...internal, type: ResponseType.DEFAULT_5XX, message: '"internal error; repeat the request"' },
  {
    type: ResponseType.REQUEST_TOO_LARGE,
    statusCode: '400',
    errorType: 'ValidationException',
    code: 'body_too_large',
    // Lambda takes 6 MB, in which the body travels as base64: docs/decisions/004-bodies-are-bytes.md.
    message: '"the body is too large; the limit is 4500000 bytes"',
  },
  {
    type: ResponseType.QUOTA_EXCEEDED,
    statusCode: '500',
    errorType: 'ProvisionedThroughputExceededException',
    code: 'throttled',
    message: '"the quota is used up; repeat the request when it is renewed"',
  },
  { ...denied, type: ResponseType.ACCESS_DENIED },
  { ...denied, type: ResponseType.UNAUTHORIZED },
  { ...denied, type: ResponseType.WAF_FILTERED },
  {
    // A path that no resource has, such as one that begins with two slashes, if the gateway does not hand that on.
    type: ResponseType.MISSING_AUTHENTICATION_TOKEN,
    statusCode: '400',
    errorType: 'ResourceNotFoundException',
    code: 'not_found',
    message: '"there is nothing at this path, or no such method"',
  },
  {
    type: ResponseType.DEFAULT_4XX,
    errorType: 'ValidationException',
    code: 'bad_request',
    message: asTheGatewayWordsIt,
  },
];

/**
 * One body for all families: each finds its error where it looks, `message` and `errorType` (bc-events),
 * `error` (ADS, manage), `errors.detail` and `data.errors` (Postoffice; its client stores 255 characters).
 */
export function supersetBody({ errorType, code, message }: GatewayAnswer): string {
  return (
    `{"message":${message},"errorType":"${errorType}","error":"${code}",` +
    `"errors":{"detail":${message}},"data":{"errors":${message}}}`
  );
}
