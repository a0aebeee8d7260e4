import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { portError } from './port-error';

/** A request as it came: a signature is verified over the raw bytes. */
export interface ReceivedWebhook {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

export interface WebhookReceiver {
  readonly url: string;
  close(): Promise<void>;
}

/** Larger than any event that Changewire takes. */
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Listens for webhooks on the loopback interface.
 * @param receive is told of every POST, and says which HTTP status answers it.
 * @throws CommandError when the port cannot be had.
 */
export async function startReceiver(
  port: number,
  receive: (webhook: ReceivedWebhook) => Promise<number>,
): Promise<WebhookReceiver> {
  const server = createServer((request, response) => {
    if (request.method === 'OPTIONS') {
      // A sender of CloudEvents asks first.
      response
        .writeHead(204, { allow: 'POST', 'webhook-allowed-origin': '*', 'webhook-allowed-rate': '*' })
        .end();
      return;
    }
    answerTo(request, receive).then(
      (status) => {
        response.writeHead(status, { 'content-type': 'text/plain' }).end(status < 300 ? 'thanks\n' : '\n');
      },
      // What reads it or judges it has failed: the sender shall try again.
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(portError(port, error)));
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answerTo(
  request: IncomingMessage,
  receive: (webhook: ReceivedWebhook) => Promise<number>,
): Promise<number> {
  if (request.method !== 'POST') {
    return 405;
  }
  const body = await readBody(request);
  return body ? receive({ headers: headersOf(request), body }) : 413;
}

/** @returns `undefined` when it is too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) {
      return undefined;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function headersOf(request: IncomingMessage): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  );
}
