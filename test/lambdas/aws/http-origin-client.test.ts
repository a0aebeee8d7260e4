import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Server as SocketServer } from 'node:net';
import { makeHttpOriginClient } from '../../../lambdas/aws/http-origin-client';
import { makeResolver } from '../../support/resolver';

const servers: (Server | SocketServer)[] = [];
const clients: { close(): void }[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) {
    client.close();
  }
  for (const server of servers.splice(0)) {
    server.close();
    if ('closeAllConnections' in server) {
      server.closeAllConnections();
    }
  }
});

function makeClient(options: Partial<Parameters<typeof makeHttpOriginClient>[0]> = {}) {
  const client = makeHttpOriginClient({ allow: true, ...options });
  clients.push(client);
  return client;
}

async function listen(server: Server | SocketServer): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/messages/`;
}

const origin = (listener: RequestListener) => listen(createServer(listener));

describe('an origin', () => {
  it('is asked exactly as it was given, without credentials, and its list comes as it is', async () => {
    const seen: unknown[] = [];
    const url = await origin(({ method, url: path, headers }, response) => {
      seen.push([method, path, headers.authorization, headers['user-agent']?.split('/')[0], headers.accept]);
      response.end('[{"id": 1, "payload": "ü"}]');
    });
    const client = makeClient();
    expect(await client.list(`${url}?a=%2F`)).toEqual({ status: 200, text: '[{"id": 1, "payload": "ü"}]' });
    expect(await client.remove(`${url}1/`)).toEqual({ status: 200 });
    expect(seen).toEqual([
      ['GET', '/messages/?a=%2F', undefined, 'Changewire', 'application/json'],
      ['DELETE', '/messages/1/', undefined, 'Changewire', 'application/json'],
    ]);
  });

  it('whose address holds a user and a password gets them as Basic credentials', async () => {
    const seen: unknown[] = [];
    const url = await origin(({ url: path, headers }, response) => {
      seen.push([path, headers.authorization]);
      response.end('[]');
    });
    const withUser = url.replace('http://', 'http://app:s%40cret@');
    await makeClient().list(`${withUser}?limit=5`);
    await makeClient().remove(`${withUser}1/`);
    const basic = `Basic ${Buffer.from('app:s@cret').toString('base64')}`;
    expect(seen).toEqual([
      ['/messages/?limit=5', basic],
      ['/messages/1/', basic],
    ]);
  });

  it('that redirects is not followed', async () => {
    let asked = 0;
    const url = await origin((_, response) => {
      asked += 1;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(await makeClient().list(url)).toEqual({ status: 302, text: '' });
    expect(asked).toBe(1);
  });

  it.each([
    ['endless', 'list'],
    ['endless', 'remove'],
  ] as const)('with an answer that is %s is cut off (%s)', async (_, call) => {
    let sent = 0;
    const url = await origin((__, response) => {
      const chunk = Buffer.alloc(64 * 1024, ' ');
      const write = () => {
        sent += chunk.length;
        if (!response.destroyed && sent < 256 * 1024 * 1024) {
          response.write(chunk, () => setImmediate(write));
        }
      };
      write();
    });
    const answer = await makeClient()[call](url);
    expect(answer).toEqual(call === 'list' ? { failure: 'answer_too_large' } : { status: 200 });
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it('that answers never, or drop by drop, is left after five seconds', async () => {
    const silent = await origin(() => undefined);
    const dripping = await origin((_, response) => {
      const timer = setInterval(() => response.write(' '), 100);
      response.on('close', () => clearInterval(timer));
    });
    const client = makeClient();
    expect(await Promise.all([client.list(silent), client.list(dripping), client.remove(silent)])).toEqual([
      { failure: 'timeout' },
      { failure: 'timeout' },
      { failure: 'timeout' },
    ]);
  }, 15_000);

  it('whose answer is no UTF-8, or breaks off, gives no list', async () => {
    const latin = await origin((_, response) => response.end(Buffer.from([0x5b, 0xfc, 0x5d])));
    expect(await makeClient().list(latin)).toEqual({ status: 200, text: '' });
    const broken = await listen(
      createSocketServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n[{"id":1'));
      }),
    );
    expect(await makeClient().list(broken)).toEqual({
      failure: expect.stringMatching(/^(closed_early|connection_reset)$/),
    });
  });

  it.each([
    'http://127.0.0.1:9/messages/',
    'http://169.254.169.254/latest/',
    'http://user:secret@127.0.0.1:9/messages/',
    'file:///etc/passwd',
  ])('at %s is never called by a stage that keeps to itself', async (url) => {
    const client = makeClient({ allow: false });
    expect(await client.list(url)).toEqual({ failure: 'target_refused' });
    expect(await client.remove(url)).toEqual({ failure: 'target_refused' });
  });

  it('whose name leads to a private address is not called either', async () => {
    const client = makeClient({ allow: false, resolve: makeResolver(['10.0.0.7']) });
    expect(await client.list('http://app.example.org/messages/')).toEqual({ failure: 'target_refused' });
  });
});
