import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer as createSocketServer, type Server as SocketServer } from 'node:net';
import type { WebhookRequest } from '../../../core/webhooks/ports';
import { makeHttpWebhookTarget } from '../../../lambdas/aws/http-webhook-target';
import type { ResolveAll } from '../../../lambdas/aws/vetting-lookup';
import { makeCertificate } from '../../support/certificate';
import { makeResolver } from '../../support/resolver';

const servers: (Server | SocketServer)[] = [];
const targets: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(targets.splice(0).map((target) => target.close()));
  for (const server of servers.splice(0)) {
    server.close();
    if ('closeAllConnections' in server) {
      server.closeAllConnections();
    }
  }
});

async function listen(server: Server | SocketServer): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function subscriber(listener: RequestListener): Promise<number> {
  return listen(createServer(listener));
}

function rawSubscriber(answer: string): Promise<number> {
  return listen(
    createSocketServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(answer));
    }),
  );
}

function makeTarget(options: Partial<Parameters<typeof makeHttpWebhookTarget>[0]> = {}) {
  const target = makeHttpWebhookTarget({ allow: true, ...options });
  targets.push(target);
  return target;
}

function aRequest(url: string, changes: Partial<WebhookRequest> = {}): WebhookRequest {
  return {
    url,
    headers: { 'webhook-id': 'evt_1' },
    body: Buffer.from('{"ü":1}'),
    timeoutSeconds: 5,
    ...changes,
  };
}

describe('what a subscriber gets', () => {
  it('is the exact body with its length, the headers, and who calls', async () => {
    const seen: Record<string, unknown>[] = [];
    const port = await subscriber((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        seen.push({
          ...request.headers,
          method: request.method,
          url: request.url,
          body: Buffer.concat(chunks).toString(),
        });
        response.end('thanks');
      });
    });
    const result = await makeTarget().post(aRequest(`http://127.0.0.1:${port}/hook?a=b`));
    expect(result).toEqual({
      status: 200,
      answer: 'thanks',
      address: '127.0.0.1',
      milliseconds: expect.any(Number),
    });
    expect(seen).toEqual([
      expect.objectContaining({
        method: 'POST',
        url: '/hook?a=b',
        body: '{"ü":1}',
        'content-length': '8',
        'webhook-id': 'evt_1',
        'user-agent': expect.stringMatching(/^Changewire\/\d+\.\d+\.\d+$/),
      }),
    ]);
  });
});

describe('what a subscriber answers', () => {
  it.each([200, 204, 301, 302, 307, 308, 410, 429, 500, 503])('%d is told as it is', async (status) => {
    let calls = 0;
    const port = await subscriber((_, response) => {
      calls += 1;
      response.writeHead(status, { location: '/elsewhere', 'retry-after': '7' }).end();
    });
    const result = await makeTarget().post(aRequest(`http://127.0.0.1:${port}/`));
    expect(result).toMatchObject({ status, retryAfter: '7' });
    expect(calls).toBe(1);
  });

  it('is kept up to 2 kB, and a giant body is cut off without failing', async () => {
    let sent = 0;
    const port = await subscriber((_, response) => {
      const chunk = Buffer.alloc(64 * 1024, 'x');
      const write = () => {
        sent += chunk.length;
        if (!response.destroyed && sent < 256 * 1024 * 1024) {
          response.write(chunk, () => setImmediate(write));
        }
      };
      write();
    });
    const result = await makeTarget().post(aRequest(`http://127.0.0.1:${port}/`));
    expect(result).toMatchObject({ status: 200, answer: 'x'.repeat(2048) });
    const more = await makeTarget().post(aRequest(`http://127.0.0.1:${port}`, { answerBytes: 5000 }));
    expect(more).toMatchObject({ answer: 'x'.repeat(5000) });
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it.each([
    ['half a body', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', 'closed_early'],
    ['half a header', 'HTTP/1.1 200 OK\r\nConte', 'closed_early'],
    ['nothing', '', 'closed_early'],
    ['what is not HTTP', 'SSH-2.0-OpenSSH_9.6\r\n\r\n', 'answer_invalid'],
    ['endless headers', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, 'answer_invalid'],
  ])('%s is a failure', async (_, answer, failure) => {
    const port = await rawSubscriber(answer);
    expect(await makeTarget().post(aRequest(`http://127.0.0.1:${port}/`))).toMatchObject({ failure });
  });

  it('nothing in time is a timeout, whether it stalls before the headers or in the body', async () => {
    const silent = await subscriber(() => undefined);
    const trickling = await subscriber((_, response) => {
      response.write('.');
      const timer = setInterval(() => response.write('.'), 50);
      response.on('close', () => clearInterval(timer));
    });
    const target = makeTarget();
    for (const port of [silent, trickling]) {
      const result = await target.post(aRequest(`http://127.0.0.1:${port}/`, { timeoutSeconds: 0.4 }));
      expect(result).toMatchObject({ failure: 'timeout', address: '127.0.0.1' });
      expect(result.milliseconds).toBeGreaterThanOrEqual(390);
      expect(result.milliseconds).toBeLessThan(1500);
    }
  });
});

describe('a subscriber that cannot be reached', () => {
  it('refuses the connection', async () => {
    const server = createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    const result = await makeTarget().post(aRequest(`http://127.0.0.1:${port}/`));
    expect(result).toMatchObject({ failure: 'connection_refused' });
  });

  it('has a name that nobody knows', async () => {
    const resolve: ResolveAll = (_, __, done) =>
      done(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), []);
    expect(await makeTarget({ resolve }).post(aRequest('http://nowhere.test/'))).toMatchObject({
      failure: 'dns_failed',
    });
    const empty = makeTarget({ resolve: makeResolver([]) });
    expect(await empty.post(aRequest('http://nowhere.test/'))).toMatchObject({ failure: 'dns_failed' });
  });

  it('has a name server that never answers: the time-out holds', async () => {
    const result = await makeTarget({ resolve: () => undefined }).post(
      aRequest('http://slow.test/', { timeoutSeconds: 0.3 }),
    );
    expect(result).toMatchObject({ failure: 'timeout' });
    expect(result.milliseconds).toBeLessThan(1500);
  });

  it('is found only after the time-out: nothing is sent any more', async () => {
    let calls = 0;
    const port = await subscriber((_, response) => {
      calls += 1;
      response.end();
    });
    const resolve: ResolveAll = (_, __, done) =>
      void setTimeout(() => done(null, [{ address: '127.0.0.1', family: 4 }]), 400);
    const late = aRequest(`http://late.test:${port}/`, { timeoutSeconds: 0.2 });
    expect(await makeTarget({ resolve }).post(late)).toMatchObject({ failure: 'timeout' });
    await new Promise((done) => setTimeout(done, 500));
    expect(calls).toBe(0);
  });

  it('has headers that cannot be sent', async () => {
    const headers = { 'x-bad': 'a\r\nb: c' };
    const result = await makeTarget().post(aRequest('http://127.0.0.1:9/', { headers }));
    expect(result).toMatchObject({ failure: 'request_invalid' });
  });
});

describe('the network guard', () => {
  it.each(['http://127.0.0.1', 'http://localhost', 'http://[::1]', 'http://2130706433', 'http://0x7f.1'])(
    'never calls %s',
    async (origin) => {
      let calls = 0;
      const port = await subscriber((_, response) => {
        calls += 1;
        response.end();
      });
      const result = await makeTarget({ allow: false }).post(aRequest(`${origin}:${port}/`));
      expect(result).toEqual({ failure: 'target_refused', milliseconds: expect.any(Number) });
      expect(calls).toBe(0);
    },
  );

  it.each([
    [['127.0.0.1']],
    [['::1']],
    [['::ffff:127.0.0.1']],
    [['8.8.8.8', '127.0.0.1']],
    [['169.254.169.254']],
  ])('never calls a name that resolves to %j', async (addresses) => {
    let calls = 0;
    const port = await subscriber((_, response) => {
      calls += 1;
      response.end();
    });
    const target = makeTarget({ allow: false, resolve: makeResolver(addresses) });
    expect(await target.post(aRequest(`http://rebind.test:${port}/`))).toMatchObject({
      failure: 'target_refused',
    });
    expect(calls).toBe(0);
  });

  it('connects to the address that it vetted: a name that then changes its answer is not asked again', async () => {
    const port = await subscriber((_, response) => response.end());
    // 127.0.0.0/8 stands for "public" here and only 127.0.0.1 listens; the second answer is a private one.
    const resolve = makeResolver(['127.0.0.1'], ['10.0.0.1']);
    const target = makeTarget({ allow: ['127.0.0.0/8'], resolve });
    const url = `http://rebind.test:${port}/`;
    expect(await target.post(aRequest(url))).toMatchObject({ status: 200, address: '127.0.0.1' });
    expect(resolve.count()).toBe(1);
    await target.close();
    const later = makeTarget({ allow: ['127.0.0.0/8'], resolve });
    expect(await later.post(aRequest(url))).toMatchObject({ failure: 'target_refused' });
  });

  it('refuses metadata addresses even where private targets are allowed', async () => {
    const target = makeTarget({ allow: true, resolve: makeResolver(['169.254.169.254']) });
    expect(await target.post(aRequest('http://innocent.test/'))).toMatchObject({ failure: 'target_refused' });
    expect(await target.post(aRequest('http://169.254.169.254/'))).toMatchObject({
      failure: 'target_refused',
    });
  });
});

describe('connections', () => {
  it('are used again, and a stale one is replaced within the same attempt', async () => {
    const ports = new Set<number | undefined>();
    let calls = 0;
    const server = createServer((request, response) => {
      ports.add(request.socket.remotePort);
      calls += 1;
      if (calls === 3) {
        // As after a freeze: the connection is gone when the next request arrives on it.
        request.socket.destroy();
        return;
      }
      response.end();
    });
    const url = `http://127.0.0.1:${await listen(server)}/`;
    const target = makeTarget();
    await target.post(aRequest(url));
    // The pool takes a connection back a moment after its answer has ended.
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await target.post(aRequest(url))).toMatchObject({ status: 200 });
    expect(ports.size).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await target.post(aRequest(url))).toMatchObject({ status: 200 });
    expect(calls).toBe(4);
    expect(ports.size).toBe(2);
  });

  it('of a failing target hold no other one up', async () => {
    const silent = await subscriber(() => undefined);
    const healthy = await subscriber((_, response) => response.end());
    const target = makeTarget();
    const stuck = [1, 2, 3, 4, 5].map(() =>
      target.post(aRequest(`http://127.0.0.1:${silent}/`, { timeoutSeconds: 1 })),
    );
    const result = await target.post(aRequest(`http://127.0.0.1:${healthy}/`));
    expect(result).toMatchObject({ status: 200 });
    expect(result.milliseconds).toBeLessThan(500);
    expect(await Promise.all(stuck)).toEqual(
      stuck.map(() => expect.objectContaining({ failure: 'timeout' })),
    );
  });
});

describe('TLS', () => {
  it('checks the certificate and its name', async () => {
    const { key, cert } = makeCertificate('good.test');
    const server = createSecureServer({ key, cert }, (_, response) => response.end());
    const port = await listen(server as unknown as Server);
    const resolve = makeResolver(['127.0.0.1']);
    const trusting = makeTarget({ resolve, authority: cert });
    expect(await trusting.post(aRequest(`https://good.test:${port}/`))).toMatchObject({ status: 200 });
    expect(await trusting.post(aRequest(`https://other.test:${port}/`))).toMatchObject({
      failure: 'tls_failed',
    });
    expect(await makeTarget({ resolve }).post(aRequest(`https://good.test:${port}/`))).toMatchObject({
      failure: 'tls_failed',
    });
  });
});
