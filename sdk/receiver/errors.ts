import type { ConnectionContext } from './connection-context';

/**
 * What the library refuses, and what a handler throws to refuse: the status is the reply's, and the message its
 * text (of a connect, the client sees both). The two base classes and the six errors below them are the Python library's.
 *
 * @example
 * ```ts
 * import { BaseError, EventHandler } from 'changewire/receiver';
 *
 * const handler = new EventHandler({
 *   handleConnect: ({ claims }) => {
 *     if (!claims.role?.includes('chat')) throw new BaseError('this account may not chat', { status: 403 });
 *   },
 * });
 * const response = await handler.handle(headers, '{"claims":{"role":["guest"]}}');
 * console.log(response.status, response.payload); // 403 this account may not chat
 * ```
 */
export class BaseError extends Error {
  /** The status of the reply. */
  readonly status: number;

  constructor(message: string, options: { readonly status?: number; readonly cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = new.target.name;
    this.status = options.status ?? 400;
  }
}

/** An error that is known to belong to a connection. */
export class ContextBasedError extends BaseError {
  constructor(
    message: string,
    readonly context: ConnectionContext,
    options: { readonly status?: number; readonly cause?: unknown } = {},
  ) {
    super(message, options);
  }
}

/** 400: a header that every event has is missing. */
export class HeaderNotFoundError extends BaseError {
  /** @param key the header's name in lower case. */
  constructor(readonly key: string) {
    super(`The header ${key} is missing: every event of Web PubSub has it.`);
  }
}

/** 400: the body of a connect, disconnected or group event is not the JSON object that it must be. */
export class InvalidConnectRequestError extends ContextBasedError {
  /** What is wrong: `body`, or the member of it. */
  readonly key: string;

  constructor(context: ConnectionContext, problem: { readonly key?: string; readonly text: string }) {
    super(problem.text, context);
    this.key = problem.key ?? 'body';
  }
}

/** 400: `ce-type` names an event that the protocol does not have. */
export class InvalidEventTypeError extends ContextBasedError {
  constructor(
    context: ConnectionContext,
    readonly eventType: string,
  ) {
    super(`The event type ${shown(eventType)} is unknown: check ce-type.`, context);
  }
}

/** 400: for handlers that take only some event names; the library itself takes all of them. */
export class InvalidEventNameError extends ContextBasedError {
  constructor(
    context: ConnectionContext,
    readonly eventName: string,
  ) {
    super(`The event name ${shown(eventName)} is not expected: check ce-eventName.`, context);
  }
}

/** 401: the validator does not know the origin, or the signature does not fit. */
export class ValidationFailedError extends ContextBasedError {
  constructor(context: ConnectionContext) {
    super('The request is not signed by a known endpoint: check ce-signature and the access key.', context, {
      status: 401,
    });
  }
}

/** 400: the event handler was made without a handler that it must have. */
export class HandlerNotFoundError extends BaseError {
  constructor(readonly handlerName: string) {
    super(`${handlerName} is missing: whoever handles events decides who may connect.`);
  }
}

function shown(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
}
