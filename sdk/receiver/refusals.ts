import { BaseError } from './errors';

/** 413: the body is larger than the handler takes. */
export class PayloadTooLargeError extends BaseError {
  constructor(readonly maxBytes: number) {
    super(`The body is larger than ${maxBytes} bytes, which are the most.`, { status: 413 });
  }
}

/** 431: the headers of the event are larger than the handler takes. */
export class HeadersTooLargeError extends BaseError {
  constructor(readonly maxBytes: number) {
    super(`The event's headers are larger than ${maxBytes} bytes, which are the most.`, { status: 431 });
  }
}

/** 400: a header holds a control character; no real sender can send one, but a header map may hold it. */
export class InvalidHeaderError extends BaseError {
  constructor(readonly key: string) {
    super(`The header ${key} holds a control character.`);
  }
}

/** 404: the event is of a hub that is not handled here. */
export class UnknownHubError extends BaseError {
  constructor(readonly hub: string) {
    super('This hub is not handled here: check ce-hub and the URL of the event handler.', { status: 404 });
  }
}

/** 415: a user event is text, JSON or binary; MQTT's alone may be of any type. */
export class UnsupportedContentTypeError extends BaseError {
  constructor(readonly contentType: string | undefined) {
    super('A user event needs the Content-Type text/plain, application/json or application/octet-stream.', {
      status: 415,
    });
  }
}

/** 400: the body of a user event is not what its content type says. */
export class InvalidPayloadError extends BaseError {}

/** 504: a handler has not ended in time. */
export class HandlerTimeoutError extends BaseError {
  constructor(readonly timeoutSeconds: number) {
    super(`The handler has not ended within ${timeoutSeconds} s.`, { status: 504 });
  }
}
