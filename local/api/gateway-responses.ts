import type { Inventory } from '../template/inventory';
import { textOf, unknownValue } from '../template/properties';
import type { Resource } from '../template/template';

/** The answers that API Gateway makes itself and that can come up on one machine. */
export type ResponseType =
  | 'BAD_REQUEST_BODY'
  | 'INTEGRATION_FAILURE'
  | 'INTEGRATION_TIMEOUT'
  | 'MISSING_AUTHENTICATION_TOKEN'
  | 'REQUEST_TOO_LARGE';

/** AWS's own statuses and messages, as long as the template does not say otherwise. */
const defaults: Readonly<Record<ResponseType, { readonly status: number; readonly message: string }>> = {
  BAD_REQUEST_BODY: { status: 400, message: 'Bad Request' },
  // A function that fails behind a proxy integration shows as 502.
  INTEGRATION_FAILURE: { status: 502, message: 'Internal server error' },
  INTEGRATION_TIMEOUT: { status: 504, message: 'Endpoint request timed out' },
  MISSING_AUTHENTICATION_TOKEN: { status: 403, message: 'Missing Authentication Token' },
  REQUEST_TOO_LARGE: { status: 413, message: 'Request Too Long' },
};

interface Declared {
  readonly status: number | undefined;
  readonly template: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export interface GatewayReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The gateway responses of the template; `reply` makes one of them. */
export class GatewayResponses {
  private constructor(private readonly declared: ReadonlyMap<string, Declared>) {}

  static read(inventory: Inventory): GatewayResponses {
    const responses = inventory.ofType('AWS::ApiGateway::GatewayResponse');
    return new GatewayResponses(
      new Map(responses.map((response) => [textOf(response, 'ResponseType') ?? '', declare(response)])),
    );
  }

  /** What API Gateway answers for `type`: the template's response for it, else the template's default. */
  reply(type: ResponseType, requestId: string): GatewayReply {
    const own = defaults[type];
    const declared =
      this.declared.get(type) ?? this.declared.get(own.status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX');
    const context: Readonly<Record<string, string>> = {
      'error.message': own.message,
      'error.messageString': JSON.stringify(own.message),
      'error.responseType': type,
      requestId,
      extendedRequestId: requestId,
    };
    const headers = Object.fromEntries(
      Object.entries(declared?.headers ?? {}).map(([name, value]) => [name, substitute(value, context)]),
    );
    return {
      status: declared?.status ?? own.status,
      headers: { 'content-type': 'application/json', ...headers },
      body: substitute(declared?.template ?? '{"message":$context.error.messageString}', context),
    };
  }
}

const knownVariables =
  /\$context\.(error\.messageString|error\.message|error\.responseType|requestId|extendedRequestId)/g;

function substitute(template: string, context: Readonly<Record<string, string>>): string {
  return template.replace(knownVariables, (_whole, name: string) => context[name] ?? '');
}

function declare(response: Resource): Declared {
  const templates = (response.properties.ResponseTemplates ?? {}) as Record<string, string>;
  const unknown = Object.entries(templates).some(
    ([type, template]) => type !== 'application/json' || usesMore(template),
  );
  if (unknown) {
    throw unknownValue(response, 'ResponseTemplates', templates);
  }
  const status = textOf(response, 'StatusCode');
  return {
    status: status === undefined ? undefined : Number(status),
    template: templates['application/json'],
    headers: headersOf(response),
  };
}

function headersOf(response: Resource): Record<string, string> {
  const parameters = (response.properties.ResponseParameters ?? {}) as Record<string, string>;
  return Object.fromEntries(
    Object.entries(parameters).map(([target, source]) => {
      const name = /^gatewayresponse\.header\.(.+)$/.exec(target)?.[1];
      const literal = /^'(.*)'$/.exec(source)?.[1];
      const variable = /^context\./.test(source) && !usesMore(`$${source}`) ? `$${source}` : undefined;
      const value = literal ?? variable;
      if (name === undefined || value === undefined) {
        throw unknownValue(response, 'ResponseParameters', parameters);
      }
      return [name.toLowerCase(), value];
    }),
  );
}

/** True when a template asks for variables or functions beyond the ones above. */
function usesMore(template: string): boolean {
  return /\$[a-zA-Z{!]|#(set|if|foreach)/.test(template.replace(knownVariables, ''));
}
