import { createServer, type IncomingMessage } from 'node:http';
import { type Invocable, type InvocationOutcome, MAX_PAYLOAD_BYTES } from '../functions/invocation';
import { closeServer, listenOnLoopback } from '../loopback-server';

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Starts a stand-in for Lambda on a loopback port: synchronous invocations alone, as AWS answers them.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export async function startLambda(
  functions: ReadonlyMap<string, Invocable>,
): Promise<{ endpoint: string; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    answer(functions, request)
      .catch((error: unknown) => refusal(500, 'ServiceException', String(error)))
      .then(({ status, headers, body }) => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(body);
      });
  });
  return { endpoint: await listenOnLoopback(server), close: () => closeServer(server) };
}

async function answer(functions: ReadonlyMap<string, Invocable>, request: IncomingMessage): Promise<Reply> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const [, encoded] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(pathname) ?? [];
  if (request.method !== 'POST' || encoded === undefined) {
    return refusal(404, 'UnknownOperationException', `the local Lambda does not implement ${pathname}`);
  }
  const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  if (type !== 'RequestResponse') {
    return refusal(400, 'InvalidParameterValueException', `the local Lambda does not implement ${type}`);
  }
  const name = nameOf(decodeURIComponent(encoded));
  const fn = functions.get(name);
  if (!fn) {
    return refusal(404, 'ResourceNotFoundException', `Function not found: ${name}`);
  }
  const payload = await readPayload(request);
  if (payload === undefined) {
    return refusal(413, 'RequestTooLargeException', `the payload has more than ${MAX_PAYLOAD_BYTES} bytes`);
  }
  return toReply(await fn.invoke(payload === '' ? '{}' : payload));
}

/** From a name, an ARN, with or without a version or an alias after it. */
function nameOf(reference: string): string {
  return (reference.split(':function:').at(-1) ?? reference).split(':')[0] ?? reference;
}

/** @returns `undefined` when it is too large; the rest is not kept. */
async function readPayload(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MAX_PAYLOAD_BYTES) {
      chunks.push(chunk);
    }
  }
  return bytes > MAX_PAYLOAD_BYTES ? undefined : Buffer.concat(chunks).toString('utf8');
}

function toReply(outcome: InvocationOutcome): Reply {
  const headers = { 'x-amz-executed-version': '$LATEST' };
  switch (outcome.kind) {
    case 'returned':
      return { status: 200, headers, body: outcome.payload };
    case 'failed':
      return functionError(outcome.errorType, outcome.message);
    case 'crashed':
      return functionError('Runtime.ExitError', outcome.message);
    case 'timed-out':
      return functionError('Sandbox.Timedout', 'Task timed out');
    case 'cancelled':
      return refusal(429, 'TooManyRequestsException', 'the stack is stopping');
  }
}

/** The invocation succeeded, the function did not: a 200 that says so in a header. */
function functionError(errorType: string, errorMessage: string): Reply {
  return {
    status: 200,
    headers: { 'x-amz-executed-version': '$LATEST', 'x-amz-function-error': 'Unhandled' },
    body: JSON.stringify({ errorType, errorMessage }),
  };
}

function refusal(status: number, code: string, message: string): Reply {
  return {
    status,
    headers: { 'x-amzn-errortype': code },
    body: JSON.stringify({ Type: status < 500 ? 'User' : 'Service', message }),
  };
}
