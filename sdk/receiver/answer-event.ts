import type { EventHandler } from './event-handler';
import { HeaderMap } from './header-map';
import {
  type Answer,
  type IncomingRequest,
  isServed,
  type Reply,
  type ServingOptions,
  safeReply,
  textReply,
  untypedReply,
} from './http';
import { MAX_BODY_BYTES } from './limits';
import { answerPreflight } from './preflight';
import { readRequest } from './read-request';
import { reportError } from './report-error';

const methodNotAllowed = textReply(405, 'Events come by POST, and OPTIONS asks for permission.', {
  allow: 'OPTIONS, POST',
});

/** From a request to a reply: whose it is, by which method, and then the event. It never throws. */
export async function answerEvent(
  handler: EventHandler,
  request: IncomingRequest,
  serving: ServingOptions,
): Promise<Answer> {
  const isPython = handler.options.parity === 'python';
  try {
    const headers = HeaderMap.from(request.headers);
    const refused = isPython ? notForPython(request, headers, serving) : notOurs(request, headers, serving);
    if (refused) {
      return refused;
    }
    switch (request.method.toUpperCase()) {
      case 'OPTIONS':
        return replied(await answerPreflight(headers, handler.options));
      case 'POST':
        return await handleEvent(handler, request, headers);
      default:
        return replied(isPython ? textReply(405, '') : methodNotAllowed);
    }
  } catch (error) {
    (handler.options.onError ?? reportError)(error);
    return replied(textReply(500, isPython ? '' : 'The event could not be handled.'));
  }
}

async function handleEvent(
  handler: EventHandler,
  request: IncomingRequest,
  headers: HeaderMap,
): Promise<Answer> {
  const { maxBodyBytes = MAX_BODY_BYTES, parity } = handler.options;
  try {
    const context = await handler.admit(headers.entries());
    const event = readRequest(context, await request.readBody(maxBodyBytes));
    const finish = async () => safeReply(await handler.handle(event));
    return event.isBlocking || parity === 'python'
      ? replied(await finish())
      : { outcome: 'acknowledged', reply: textReply(200, ''), finish };
  } catch (error) {
    return replied(await handler.fail(error));
  }
}

function notOurs(request: IncomingRequest, headers: HeaderMap, serving: ServingOptions): Answer | undefined {
  const isHere = isServed(request.path, serving.path);
  if (serving.canPass && !(isHere && isEvent(request, headers))) {
    return { outcome: 'passed' };
  }
  if (!isHere) {
    return replied(textReply(404, 'No events are handled at this path.'));
  }
  const isOurMethod = /^(OPTIONS|POST)$/i.test(request.method);
  return isOurMethod && headers.first('webhook-request-origin') === undefined
    ? replied(textReply(400, 'Missing webhook request origin.'))
    : undefined;
}

/** Where others handle requests, too: ours are those of Web PubSub, and questions for permission. */
function isEvent({ method }: IncomingRequest, headers: HeaderMap): boolean {
  return (
    headers.first('ce-awpsversion') !== undefined ||
    /^azure\.webpubsub\./i.test(headers.first('ce-type') ?? '') ||
    (method.toUpperCase() === 'OPTIONS' && headers.first('webhook-request-origin') !== undefined)
  );
}

/** The decision order of the Python library's WSGI wrapper. */
function notForPython(
  request: IncomingRequest,
  headers: HeaderMap,
  serving: ServingOptions,
): Answer | undefined {
  if (headers.first('ce-awpsversion') !== '1.0') {
    return serving.canPass ? { outcome: 'passed' } : replied(untypedReply(404, ''));
  }
  if (serving.path !== undefined && request.path !== serving.path) {
    return replied(untypedReply(404, ''));
  }
  return headers.first('webhook-request-origin') === undefined
    ? replied(untypedReply(400, 'Missing webhook request origin.'))
    : undefined;
}

function replied(reply: Reply): Answer {
  return { outcome: 'replied', reply: safeReply(reply) };
}
