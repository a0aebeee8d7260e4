import { answerEvent } from './answer-event';
import { ConnectionContext } from './connection-context';
import { BaseError, HandlerNotFoundError, ValidationFailedError } from './errors';
import type { EventHandlerOptions } from './event-handler-options';
import { type FetchHandler, toFetchHandler } from './fetch';
import { HeaderMap } from './header-map';
import type { Answer, HeaderSource, IncomingRequest, RawBody, Responder, ServingOptions } from './http';
import { grantedOrigin } from './preflight';
import { asInPython, type Profile, safeByDefault } from './profile';
import { checkContentType, readRequest } from './read-request';
import { UnknownHubError } from './refusals';
import { reportError } from './report-error';
import { ServiceRequest } from './requests';
import { ServiceErrorResponse, type ServiceResponse } from './responses';
import { inTime, runHandler } from './run-handler';

/**
 * Handles the events that Azure Web PubSub sends to a server (CloudEvents over HTTP). Adapters serve it in a runtime
 * (`toNodeListener`, `toExpressMiddleware`, `toFetchHandler`, `toLambdaHandler`); `handle` and `preflight` serve any other.
 *
 * @example
 * ```ts
 * import { EventHandler } from 'changewire/receiver';
 *
 * const handler = new EventHandler({
 *   handleConnect: (request) => ({ groups: ['lobby'], userId: request.claims.sub?.[0] ?? 'guest' }),
 *   handleUserMessage: (request, response) => {
 *     const said = Number(request.connectionState.said ?? 0) + 1;
 *     response.setState('said', said);
 *     return `${said}: ${request.data}`;
 *   },
 * });
 * const response = await handler.handle(headers, '{"claims":{"sub":["ada"]}}');
 * console.log(response.status, response.payload); // 200 {"groups":["lobby"],"userId":"ada"}
 * ```
 */
export class EventHandler implements Responder {
  private readonly profile: Profile;
  private readonly hubs: ReadonlySet<string> | undefined;

  /** @throws HandlerNotFoundError without `handleConnect`: it decides who may connect. */
  constructor(readonly options: EventHandlerOptions) {
    if (typeof options?.handleConnect !== 'function') {
      throw new HandlerNotFoundError('handleConnect');
    }
    this.profile = options.parity === 'python' ? asInPython : safeByDefault;
    const hubs = options.hub === undefined ? undefined : [options.hub].flat();
    this.hubs = hubs && new Set(hubs.map((hub) => hub.toLowerCase()));
  }

  /**
   * Reads and validates an event, without handling it: `isBlocking` tells whether anybody waits for the answer.
   * @throws BaseError for what is refused: the status is in it.
   *
   * @example
   * ```ts
   * const request = await handler.fromHttp(headers, '{"subprotocols":["json.webpubsub.azure.v1"]}');
   * console.log(request.isBlocking, request.connectionId); // true conn-0001
   * console.log((await handler.handle(request)).status); // 204
   * ```
   */
  async fromHttp(headers: HeaderSource, rawData: RawBody = ''): Promise<ServiceRequest> {
    return readRequest(await this.admit(headers), rawData);
  }

  /**
   * Handles an event: its headers and body, or a request of {@link fromHttp}. Errors become responses; in parity
   * with Python those that are no `BaseError` are thrown.
   *
   * @example
   * ```ts
   * const response = await handler.handle(headers, '{}');
   * console.log(response.status, response.headers, response.payload); // 204 {} and an empty text
   * ```
   */
  async handle(
    headersOrRequest: HeaderSource | ServiceRequest,
    rawData: RawBody = '',
  ): Promise<ServiceResponse> {
    let request: ServiceRequest | undefined;
    try {
      request =
        headersOrRequest instanceof ServiceRequest
          ? headersOrRequest
          : await this.fromHttp(headersOrRequest, rawData);
      return await runHandler(request, this.options);
    } catch (error) {
      return this.fail(error, request);
    }
  }

  /**
   * @returns whether the sender may send events here (abuse protection).
   *
   * @example
   * ```ts
   * console.log(await handler.preflight({ 'WebHook-Request-Origin': 'service.example.org' })); // true
   * ```
   */
  async preflight(headers: HeaderSource): Promise<boolean> {
    return (await grantedOrigin(HeaderMap.from(headers), this.options)) !== undefined;
  }

  /**
   * Puts the handler around a Fetch application: what is no event goes to `application`.
   *
   * @example
   * ```ts
   * const application = handler.wrap(async () => new Response('my pages'), '/eventhandler');
   * console.log(await (await application(new Request('https://example.org/'))).text()); // my pages
   * ```
   */
  wrap<Environment extends unknown[] = unknown[]>(
    application: (request: Request, ...environment: Environment) => Response | Promise<Response>,
    path?: string,
  ): FetchHandler<Environment> {
    return toFetchHandler(this, path === undefined ? { next: application } : { next: application, path });
  }

  /** What adapters call: method, path, headers and body in, a reply out. */
  answer(request: IncomingRequest, serving: ServingOptions = {}): Promise<Answer> {
    return answerEvent(this, request, serving);
  }

  /** Everything that is refused by headers alone, so that no body is read for nothing. @internal */
  async admit(headers: HeaderSource): Promise<ConnectionContext> {
    const context = new ConnectionContext(HeaderMap.from(headers), this.profile, this.options.onWarning);
    const { requestValidator } = this.options;
    const validate = async () => requestValidator?.validate(context);
    if (requestValidator && (await inTime(this.options, validate)) !== true) {
      throw new ValidationFailedError(context);
    }
    if (this.hubs && !this.profile.isPython && !this.hubs.has(context.hub.toLowerCase())) {
      throw new UnknownHubError(context.hub);
    }
    checkContentType(context);
    return context;
  }

  /** Makes a reply of an error. @internal */
  async fail(error: unknown, request?: ServiceRequest): Promise<ServiceErrorResponse> {
    const isRefusal = error instanceof BaseError;
    if (!isRefusal && this.profile.isPython) {
      throw error;
    }
    const { onError = reportError, handleException } = this.options;
    if (!isRefusal) {
      onError(error);
    }
    const { profile } = this;
    try {
      const status = await handleException?.(error);
      return new ServiceErrorResponse(error, isStatus(status) ? status : undefined, { profile, request });
    } catch (second) {
      onError(second);
      return new ServiceErrorResponse(second, 500, { profile, request });
    }
  }
}

function isStatus(status: unknown): status is number {
  return Number.isInteger(status) && (status as number) >= 200 && (status as number) <= 599;
}
