import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Server as SocketServer } from 'node:net';
import type { PrivateTargets } from '../../../core/webhooks/targets/network-guard';
import { makeHttpHandshake } from '../../../lambdas/aws/http-handshake';
import { makeVettedConnections, type VettedConnections } from '../../../lambdas/aws/vetted-connections';
import { startForwardProxy } from '../../support/forward-proxy';

const servers: (Server | SocketServer)[] = [];
const opened: VettedConnections[] = [];

afterEach(() => {
  for (const connections of opened.splice(0)) {
    connections.close();
  }
  for (const server of servers.splice(0)) {
    server.close();
    if ('closeAllConnections' in server) {
      server.closeAllConnections();
    }
  }
});

async function listen(server: Server | SocketServer): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const receiver = (listener: RequestListener) => listen(createServer(listener));
const raw = (answer: string) =>
  listen(
    createSocketServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(answer));
    }),
  );

function ask(url: string, options: { readonly allow?: PrivateTargets; readonly proxy?: URL } = {}) {
  const connections = makeVettedConnections({ allow: true, ...options });
  opened.push(connections);
  const headers = { 'webhook-request-origin': 'api.example', 'ce-awpsversion': '1.0' };
  return makeHttpHandshake(connections).ask({ url, headers, timeoutSeconds: 1 });
}

describe('a handshake over HTTP', () => {
  it('is an OPTIONS request for the exact target, without a body', async () => {
    const seen: unknown[] = [];
    const url = await receiver((request, response) => {
      const {
        'webhook-request-origin': origin,
        'user-agent': agent,
        'content-length': length,
      } = request.headers;
      seen.push([request.method, request.url, origin, agent?.split('/')[0], length]);
      response.writeHead(204, { 'WebHook-Allowed-Origin': '*', 'WebHook-Allowed-Rate': '120' }).end();
    });
    expect(await ask(`${url}/a%20b/?code=1&x=%2F`)).toEqual({
      status: 204,
      allowedOrigin: '*',
      allowedRate: '120',
    });
    expect(seen).toEqual([['OPTIONS', '/a%20b/?code=1&x=%2F', 'api.example', 'Changewire', undefined]]);
  });

  it('hears all lines of a header, and none that is not there', async () => {
    const url = await raw(
      'HTTP/1.1 200 OK\r\nWebHook-Allowed-Origin: a.example\r\nwebhook-allowed-origin: b.example\r\n' +
        'WebHook-Request-Origin: *\r\nContent-Length: 0\r\n\r\n',
    );
    expect(await ask(url)).toEqual({
      status: 200,
      allowedOrigin: 'a.example, b.example',
      requestOrigin: '*',
    });
    expect(await ask(await receiver((_, response) => response.writeHead(405).end()))).toEqual({
      status: 405,
    });
  });

  it('follows no redirect', async () => {
    let calls = 0;
    const elsewhere = await receiver((_, response) => {
      calls += 1;
      response.writeHead(200, { 'WebHook-Allowed-Origin': '*' }).end();
    });
    const url = await receiver((_, response) => response.writeHead(307, { location: elsewhere }).end());
    expect(await ask(url)).toEqual({ status: 307 });
    expect(calls).toBe(0);
  });

  it('goes nowhere that the guard refuses', async () => {
    let calls = 0;
    const url = await receiver(() => {
      calls += 1;
    });
    expect(await ask(url, { allow: false })).toEqual({ failure: 'target_refused' });
    expect(await ask('http://169.254.169.254/latest/')).toEqual({ failure: 'target_refused' });
    expect(calls).toBe(0);
  });

  it('goes through the stage’s proxy', async () => {
    const url = await receiver((_, response) =>
      response.writeHead(200, { 'WebHook-Allowed-Origin': '*' }).end(),
    );
    const proxy = await startForwardProxy();
    try {
      expect(await ask(url, { proxy: proxy.url })).toEqual({ status: 200, allowedOrigin: '*' });
      expect([proxy.asked.length, proxy.others.length]).toEqual([1, 0]);
    } finally {
      await proxy.stop();
    }
  });

  it.each<[string, string]>([
    ['a giant header', `HTTP/1.1 200 OK\r\nWebHook-Allowed-Origin: ${'a,'.repeat(20_000)}\r\n\r\n`],
    ['a thousand lines', `HTTP/1.1 200 OK\r\n${'WebHook-Allowed-Origin: evil\r\n'.repeat(1000)}\r\n`],
    ['no HTTP', 'hello'],
    ['nothing', ''],
  ])('is not granted by %s', async (_, answer) => {
    expect(await ask(await raw(answer))).toMatchObject({ failure: expect.any(String) });
  });

  it('waits for nobody beyond the time-out', async () => {
    expect(await ask(await receiver(() => undefined))).toEqual({ failure: 'timeout' });
    const trickling = await receiver((_, response) => {
      response.writeHead(200, { 'WebHook-Allowed-Origin': '*' });
      const timer = setInterval(() => response.write('x'), 50);
      response.on('close', () => clearInterval(timer));
    });
    expect(await ask(trickling)).toEqual({ failure: 'timeout' });
  });

  it('reads no more of a giant answer than it must', async () => {
    let written = 0;
    const url = await receiver((_, response) => {
      response.writeHead(200, { 'WebHook-Allowed-Origin': '*' });
      const chunk = Buffer.alloc(64 * 1024);
      const more = () => {
        while (!response.destroyed && written < 256 * 1024 * 1024) {
          written += chunk.length;
          if (!response.write(chunk)) {
            response.once('drain', more);
            return;
          }
        }
      };
      more();
    });
    expect(await ask(url)).toEqual({ status: 200, allowedOrigin: '*' });
    expect(written).toBeLessThan(64 * 1024 * 1024);
  });
});
