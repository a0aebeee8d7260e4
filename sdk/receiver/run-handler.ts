import { ConnectEventResponse } from './connect-response';
import type { EventHandlerOptions } from './event-handler-options';
import { HANDLER_TIMEOUT_SECONDS } from './limits';
import { MessageEventResponse } from './message-response';
import { HandlerTimeoutError } from './refusals';
import { reportError } from './report-error';
import {
  ConnectEventRequest,
  ConnectedEventRequest,
  DisconnectedEventRequest,
  GroupEventRequest,
  MessageEventRequest,
  type ServiceRequest,
} from './requests';
import { type BlockingResponse, ServiceResponse } from './responses';
import { withinTime } from './within-time';

/** Calls the handler of an event. @throws what it throws, and HandlerTimeoutError. */
export async function runHandler(
  request: ServiceRequest,
  options: EventHandlerOptions,
): Promise<ServiceResponse> {
  const warn = options.onWarning ?? (() => {});
  if (request instanceof ConnectEventRequest) {
    const response = new ConnectEventResponse(request, warn);
    return settle(response, options, () => options.handleConnect(request, response));
  }
  if (request instanceof MessageEventRequest) {
    const response = new MessageEventResponse(request, warn);
    return settle(response, options, () => options.handleUserMessage?.(request, response));
  }
  await inTime(options, () => handleNonBlocking(request, options));
  return new ServiceResponse();
}

async function settle<Response extends BlockingResponse>(
  response: Response,
  options: EventHandlerOptions,
  handle: () => unknown,
): Promise<Response> {
  try {
    response.settle(await inTime(options, handle));
    return response;
  } finally {
    response.end();
  }
}

function handleNonBlocking(request: ServiceRequest, options: EventHandlerOptions): unknown {
  if (request instanceof ConnectedEventRequest) {
    return options.handleConnected?.(request);
  }
  if (request instanceof DisconnectedEventRequest) {
    return options.handleDisconnected?.(request);
  }
  if (request instanceof GroupEventRequest) {
    return request.change === 'joined'
      ? options.handleGroupJoined?.(request)
      : options.handleGroupLeft?.(request);
  }
  throw new TypeError(`${request.constructor.name} is no request of this library`);
}

/** Also for validators: whoever asks something outside may never be answered. @throws HandlerTimeoutError */
export function inTime(options: EventHandlerOptions, work: () => unknown): Promise<unknown> {
  const { handlerTimeoutSeconds = HANDLER_TIMEOUT_SECONDS, onError = reportError } = options;
  return withinTime(
    handlerTimeoutSeconds,
    work,
    () => new HandlerTimeoutError(handlerTimeoutSeconds),
    onError,
  );
}
