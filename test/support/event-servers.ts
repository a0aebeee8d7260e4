import { createServer, type RequestListener, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SentEvent } from './web-pubsub-events';

export interface Received {
  readonly status: number;
  /** Names in lower case; several lines of a name as one. */
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** A place that events are sent to, whatever runs there. */
export interface EventServer {
  send(event: SentEvent): Promise<Received>;
  stop(): Promise<void>;
}

/** Over a real connection: what HTTP changes is changed. */
export async function startEventServer(listener: RequestListener): Promise<EventServer> {
  const server = createServer(listener);
  // A test that fails before it stops its server must not keep the whole run waiting.
  server.unref();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { send: (event) => sendOver(port, event), stop: () => stop(server) };
}

function sendOver(port: number, { method, path, headers, body }: SentEvent): Promise<Received> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(
            Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(', ')]),
          ),
          body: Buffer.concat(chunks),
        }),
      );
    });
    sent.on('error', reject);
    sent.setTimeout(5_000, () => sent.destroy(new Error(`no reply to ${method} ${path}`)));
    sent.end(body);
  });
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
