import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** A forward proxy that knows CONNECT alone, and leads every tunnel to this machine. */
export interface ForwardProxy {
  readonly url: URL;
  /** What it was asked to connect to, in order: `address:port`. */
  readonly asked: readonly string[];
  /** Requests that are no CONNECT: a client that trusts a proxy with its URLs sends those. */
  readonly others: readonly string[];
  /** From now on: a status that it answers with instead of connecting, or never an answer. */
  behave(how: number | 'connect' | 'hang' | 'garbage'): void;
  stop(): Promise<void>;
}

export async function startForwardProxy(): Promise<ForwardProxy> {
  const asked: string[] = [];
  const others: string[] = [];
  const sockets = new Set<Socket>();
  let behaviour: Parameters<ForwardProxy['behave']>[0] = 'connect';
  const server = createServer((request, response) => {
    others.push(`${request.method} ${request.url}`);
    response.writeHead(502).end();
  });
  server.on('connection', (socket) => keep(socket));
  server.on('connect', (request, client: Socket) => {
    asked.push(request.url ?? '');
    if (behaviour === 'connect') {
      lead(client, Number(/:(\d+)$/.exec(request.url ?? '')?.[1]));
    } else if (behaviour === 'garbage') {
      client.end('SSH-2.0-OpenSSH_9.6\r\n\r\n');
    } else if (behaviour !== 'hang') {
      client.end(`HTTP/1.1 ${behaviour} No\r\nContent-Length: 6\r\n\r\nsecret`);
    }
  });

  function keep(socket: Socket): Socket {
    sockets.add(socket);
    socket.on('error', () => undefined);
    return socket.once('close', () => sockets.delete(socket));
  }

  function lead(client: Socket, port: number): void {
    const target = keep(connect(port, '127.0.0.1'));
    target.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(target).pipe(client);
    });
    target.once('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    client.once('close', () => target.destroy());
    target.once('close', () => client.destroy());
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    asked,
    others,
    behave: (how) => {
      behaviour = how;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) {
          socket.destroy();
        }
      }),
  };
}
