import type { IncomingMessage } from 'node:http';

/** API Gateway's own limit, in bytes. */
export const MAX_REQUEST_BYTES = 10 * 1024 * 1024;

/** How reading a request's body ended. */
export type BodyOutcome =
  | { readonly kind: 'read'; readonly body: Buffer }
  | { readonly kind: 'too-large' }
  /** The caller went away before the body was complete. */
  | { readonly kind: 'broken-off' };

/** Reads a body up to API Gateway's limit; beyond it nothing more is taken from the connection. */
export function readBody(request: IncomingMessage): Promise<BodyOutcome> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_REQUEST_BYTES) {
    return Promise.resolve({ kind: 'too-large' });
  }
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_REQUEST_BYTES) {
        request.pause();
        request.removeAllListeners('data');
        resolve({ kind: 'too-large' });
        return;
      }
      chunks.push(chunk);
    });
    request.on('end', () => resolve({ kind: 'read', body: Buffer.concat(chunks) }));
    request.on('error', () => resolve({ kind: 'broken-off' }));
    request.on('close', () => resolve({ kind: 'broken-off' }));
  });
}
