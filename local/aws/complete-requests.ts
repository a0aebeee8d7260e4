import type { IncomingMessage, RequestListener } from 'node:http';
import { Readable } from 'node:stream';

/**
 * The table and stream emulators throw out of the event loop when a connection breaks in the middle of a
 * request, as it does when a function is killed: they are only given requests that have arrived whole.
 */
export function withCompleteRequests(handle: RequestListener): RequestListener {
  return (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    // Broken off: nobody is left to answer.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    request.on('end', () => {
      const complete = Object.assign(Readable.from(chunks), {
        method: request.method,
        url: request.url,
        headers: request.headers,
      });
      handle(complete as unknown as IncomingMessage, response);
    });
  };
}
