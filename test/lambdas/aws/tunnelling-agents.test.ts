import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeHttpWebhookTarget } from '../../../lambdas/aws/http-webhook-target';
import { parseForwardProxy } from '../../../lambdas/aws/tunnelling-agents';
import type { VettedConnectionSettings } from '../../../lambdas/aws/vetted-connections';
import { makeCertificate } from '../../support/certificate';
import { type ForwardProxy, startForwardProxy } from '../../support/forward-proxy';
import { makeResolver } from '../../support/resolver';

const servers: Server[] = [];
const targets: { close(): Promise<void> }[] = [];
let proxy: ForwardProxy;

beforeEach(async () => {
  proxy = await startForwardProxy();
});

afterEach(async () => {
  await Promise.all(targets.splice(0).map((target) => target.close()));
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
  await proxy.stop();
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function subscriber(listener: RequestListener): Promise<number> {
  return listen(createServer(listener));
}

/** The guard is as in production: nothing private. The proxy alone leads what is public to this machine. */
function makeTarget(settings: Partial<VettedConnectionSettings> = {}) {
  const target = makeHttpWebhookTarget({ allow: false, proxy: proxy.url, ...settings });
  targets.push(target);
  return target;
}

function aRequest(url: string, timeoutSeconds = 5) {
  return { url, headers: { 'webhook-id': 'evt_1' }, body: Buffer.from('{}'), timeoutSeconds };
}

const PUBLIC = '8.8.8.8';
const PUBLIC_IPV6 = '2606:4700::1111';

describe('through a forward proxy, a webhook', () => {
  it('reaches the address that was vetted, by CONNECT, and its answer comes back', async () => {
    const hosts: (string | undefined)[] = [];
    const port = await subscriber((request, response) => {
      hosts.push(request.headers.host);
      response.end('thanks');
    });
    const target = makeTarget({ resolve: makeResolver([PUBLIC_IPV6, PUBLIC]) });
    const result = await target.post(aRequest(`http://good.test:${port}/hook`));
    expect(result).toMatchObject({ status: 200, answer: 'thanks', address: PUBLIC });
    expect(proxy.asked).toEqual([`${PUBLIC}:${port}`]);
    expect(proxy.others).toEqual([]);
    expect(hosts).toEqual([`good.test:${port}`]);
  });

  it('goes to an IPv6 address where there is no other', async () => {
    const port = await subscriber((_, response) => response.end());
    const target = makeTarget({ resolve: makeResolver([PUBLIC_IPV6]) });
    expect(await target.post(aRequest(`http://good.test:${port}/`))).toMatchObject({ address: PUBLIC_IPV6 });
    expect(proxy.asked).toEqual([`[${PUBLIC_IPV6}]:${port}`]);
  });

  it('is secured up to the target, whose certificate must bear its name', async () => {
    const { key, cert } = makeCertificate('good.test');
    const server = createSecureServer({ key, cert }, (_, response) => response.end());
    const port = await listen(server as unknown as Server);
    const target = makeTarget({ resolve: makeResolver([PUBLIC]), authority: cert });
    expect(await target.post(aRequest(`https://good.test:${port}/`))).toMatchObject({
      status: 200,
      address: PUBLIC,
    });
    expect(await target.post(aRequest(`https://other.test:${port}/`))).toMatchObject({
      failure: 'tls_failed',
    });
    const distrusting = makeTarget({ resolve: makeResolver([PUBLIC]) });
    expect(await distrusting.post(aRequest(`https://good.test:${port}/`))).toMatchObject({
      failure: 'tls_failed',
    });
    expect(new Set(proxy.asked)).toEqual(new Set([`${PUBLIC}:${port}`]));
  });

  it('uses a tunnel again, and makes another when it has gone stale', async () => {
    let calls = 0;
    const port = await subscriber((request, response) => {
      calls += 1;
      calls === 3 ? request.socket.destroy() : response.end();
    });
    const target = makeTarget({ resolve: makeResolver([PUBLIC]) });
    for (let round = 0; round < 3; round += 1) {
      const result = await target.post(aRequest(`http://good.test:${port}/`));
      expect(result).toMatchObject({ status: 200, address: PUBLIC });
      // The pool takes a connection back a moment after its answer has ended.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(calls).toBe(4);
    expect(proxy.asked).toHaveLength(2);
  });

  it('follows no redirect', async () => {
    const port = await subscriber((_, response) =>
      response.writeHead(307, { location: 'http://169.254.169.254/latest/meta-data' }).end(),
    );
    const target = makeTarget({ resolve: makeResolver([PUBLIC]) });
    expect(await target.post(aRequest(`http://good.test:${port}/`))).toMatchObject({ status: 307 });
    expect(proxy.asked).toHaveLength(1);
  });
});

describe('the network guard behind a forward proxy', () => {
  it.each([
    'http://127.0.0.1/',
    'https://[::1]/',
    'http://2130706433/',
    'http://169.254.169.254/latest/meta-data',
    'http://localhost/',
  ])('asks the proxy nothing for %s', async (url) => {
    expect(await makeTarget().post(aRequest(url))).toMatchObject({ failure: 'target_refused' });
    expect(proxy.asked).toEqual([]);
  });

  it.each([[['10.0.0.1']], [['fd00:ec2::254']], [[PUBLIC, '192.168.1.1']], [['::ffff:127.0.0.1']]])(
    'asks the proxy nothing for a name that resolves to %j',
    async (addresses) => {
      const target = makeTarget({ resolve: makeResolver(addresses) });
      for (const url of ['http://rebind.test/', 'https://rebind.test/']) {
        expect(await target.post(aRequest(url))).toMatchObject({ failure: 'target_refused' });
      }
      expect(proxy.asked).toEqual([]);
    },
  );

  it('never lets the proxy resolve: a name that changes its answer leads to the vetted address or nowhere', async () => {
    const port = await subscriber((_, response) =>
      response.writeHead(200, { connection: 'close' }).end('once'),
    );
    const resolve = makeResolver([PUBLIC], ['127.0.0.1']);
    const target = makeTarget({ resolve });
    const url = `http://rebind.test:${port}/`;
    expect(await target.post(aRequest(url))).toMatchObject({ status: 200 });
    expect(await target.post(aRequest(url))).toMatchObject({ failure: 'target_refused' });
    expect(resolve.count()).toBe(2);
    expect(proxy.asked).toEqual([`${PUBLIC}:${port}`]);
  });

  it('does not judge the proxy itself, which is configuration', async () => {
    expect(proxy.url.hostname).toBe('127.0.0.1');
    const port = await subscriber((_, response) => response.end());
    const target = makeTarget({ resolve: makeResolver([PUBLIC]) });
    expect(await target.post(aRequest(`http://good.test:${port}/`))).toMatchObject({ status: 200 });
  });
});

describe('a forward proxy that opens no tunnel is not the subscriber’s failure', () => {
  it.each([302, 401, 403, 407, 410, 429, 502, 503, 'garbage'] as const)('answering %s', async (behaviour) => {
    proxy.behave(behaviour);
    const target = makeTarget({ resolve: makeResolver([PUBLIC]) });
    for (const url of ['http://good.test/', 'https://good.test/']) {
      const result = await target.post(aRequest(url));
      expect(result).toEqual({ failure: 'proxy_failed', milliseconds: expect.any(Number) });
    }
  });

  it('never answering: the time-out holds', async () => {
    proxy.behave('hang');
    const target = makeTarget({ resolve: makeResolver([PUBLIC]) });
    const result = await target.post(aRequest('https://good.test/', 0.3));
    expect(result).toMatchObject({ failure: 'proxy_failed' });
    expect(result.milliseconds).toBeLessThan(2000);
  });

  it('not being there', async () => {
    await proxy.stop();
    const target = makeTarget({ resolve: makeResolver([PUBLIC]) });
    expect(await target.post(aRequest('http://good.test/'))).toMatchObject({ failure: 'proxy_failed' });
  });

  it('but once the tunnel is open, what fails is the subscriber’s', async () => {
    const silent = await subscriber(() => undefined);
    const closing = await subscriber((request) => request.socket.destroy());
    const target = makeTarget({ resolve: makeResolver([PUBLIC]) });
    expect(await target.post(aRequest(`http://good.test:${silent}/`, 0.3))).toMatchObject({
      failure: 'timeout',
      address: PUBLIC,
    });
    expect(await target.post(aRequest(`http://good.test:${closing}/`))).toMatchObject({
      failure: 'closed_early',
    });
  });

  it('nor is a name server that never answers the proxy’s', async () => {
    const target = makeTarget({ resolve: () => undefined });
    expect(await target.post(aRequest('http://slow.test/', 0.2))).toMatchObject({ failure: 'timeout' });
  });
});

describe('proxies of the environment', () => {
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'];
  const before = Object.fromEntries(names.map((name) => [name, process.env[name]]));
  afterEach(() => {
    for (const name of names) {
      const value = before[name];
      value === undefined ? delete process.env[name] : Object.assign(process.env, { [name]: value });
    }
  });

  it('are not heeded', async () => {
    for (const name of names) {
      process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : proxy.url.href;
    }
    const port = await subscriber((_, response) => response.end());
    const target = makeTarget({ proxy: undefined, allow: true });
    expect(await target.post(aRequest(`http://127.0.0.1:${port}/`))).toMatchObject({ status: 200 });
    expect([...proxy.asked, ...proxy.others]).toEqual([]);
  });
});

describe('parseForwardProxy', () => {
  it('reads a URL, and nothing as none', () => {
    expect(parseForwardProxy('')).toBeUndefined();
    expect(parseForwardProxy('http://proxy.internal:3128')?.host).toBe('proxy.internal:3128');
    expect(() => parseForwardProxy('proxy')).toThrow();
  });
});
