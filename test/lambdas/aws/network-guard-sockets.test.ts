import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { vetAddress } from '../../../core/webhooks/targets/network-guard';
import { makeHttpWebhookTarget } from '../../../lambdas/aws/http-webhook-target';
import type { VettedConnectionSettings } from '../../../lambdas/aws/vetted-connections';
import type { ResolveAll } from '../../../lambdas/aws/vetting-lookup';
import { type ForwardProxy, startForwardProxy } from '../../support/forward-proxy';
import { makeResolver } from '../../support/resolver';
import vectors from '../../vectors/network-guard.json';

/** Stands for the public network; the rest of this machine stands for a private one. */
const PUBLIC = '127.0.0.1';
const PRIVATE = '127.0.0.2';
const allow = [`${PUBLIC}/32`];

const servers: Server[] = [];
const targets: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(targets.splice(0).map((target) => target.close()));
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** A server at an address, which counts who so much as connects. */
async function serve(address: string, listener: RequestListener, wanted = 0) {
  const server = createServer(listener);
  servers.push(server);
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(wanted, address, resolve));
  return { port: (server.address() as AddressInfo).port, connections: () => connections };
}

function makeTarget(settings: Partial<VettedConnectionSettings> = {}) {
  const target = makeHttpWebhookTarget({ allow, ...settings });
  targets.push(target);
  return target;
}

const post = (target: ReturnType<typeof makeTarget>, url: string, timeoutSeconds = 5) =>
  target.post({ url, headers: {}, body: Buffer.from('{}'), timeoutSeconds });
const pause = () => new Promise((resolve) => setTimeout(resolve, 20));

it('has a private network beside the public one', () => {
  expect([vetAddress(PUBLIC, allow), vetAddress(PRIVATE, allow)]).toEqual(['allowed', 'loopback']);
});

describe('a name that leads to', () => {
  it.each(vectors.answers as [string[], string][])('%j (%s) is not connected to', async (addresses) => {
    const anywhere = await serve('::', (_, response) => response.end());
    const target = makeTarget({ allow: false, resolve: makeResolver(addresses) });
    for (const scheme of ['http', 'https']) {
      expect(await post(target, `${scheme}://rebind.test:${anywhere.port}/`)).toEqual({
        failure: 'target_refused',
        milliseconds: expect.any(Number),
      });
    }
    expect(anywhere.connections()).toBe(0);
  });
});

describe('a URL that is refused', () => {
  const refused = (vectors.urls as [string, string, string][]).filter(([, verdict]) => verdict !== 'allowed');

  it('is not even resolved, directly and through a forward proxy', async () => {
    const proxy: ForwardProxy = await startForwardProxy();
    const resolve = makeResolver(['8.8.8.8']);
    const direct = makeTarget({ allow: false, resolve });
    const proxied = makeTarget({ allow: false, resolve, proxy: proxy.url });
    const results = await Promise.all(
      refused.flatMap(([url]) =>
        [direct, proxied].map(async (target) => ({ url, ...(await post(target, url, 1)) })),
      ),
    );
    expect(results.filter((result) => !('failure' in result && result.failure === 'target_refused'))).toEqual(
      [],
    );
    expect(resolve.count()).toBe(0);
    expect([...proxy.asked, ...proxy.others]).toEqual([]);
    await proxy.stop();
  });
});

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])(
    'by %d to the private network is an answer and nothing more',
    async (status) => {
      const inside = await serve(PRIVATE, (_, response) => response.end('secret'));
      const location = `http://${PRIVATE}:${inside.port}/`;
      const outside = await serve(PUBLIC, (_, response) => response.writeHead(status, { location }).end());
      const result = await post(makeTarget(), `http://${PUBLIC}:${outside.port}/`);
      expect(result).toMatchObject({ status, answer: '' });
      expect(inside.connections()).toBe(0);
    },
  );
});

describe('rebinding', () => {
  it('between judging and connecting finds that nobody asks a second time', async () => {
    const outside = await serve(PUBLIC, (_, response) => response.end());
    const inside = await serve(PRIVATE, (_, response) => response.end('secret'), outside.port);
    const resolve = makeResolver([PUBLIC], [PRIVATE]);
    const target = makeTarget({ resolve });
    const result = await post(target, `http://rebind.test:${outside.port}/`);
    expect(result).toMatchObject({ status: 200, address: PUBLIC });
    expect([resolve.count(), inside.connections()]).toEqual([1, 0]);
  });

  it('while a connection is kept leads to where it was judged, and afterwards nowhere', async () => {
    let calls = 0;
    const outside = await serve(PUBLIC, (_, response) => {
      calls += 1;
      response.writeHead(200, calls === 2 ? { connection: 'close' } : {}).end();
    });
    const inside = await serve(PRIVATE, (_, response) => response.end('secret'), outside.port);
    const resolve = makeResolver([PUBLIC], [PRIVATE]);
    const target = makeTarget({ resolve });
    const url = `http://rebind.test:${outside.port}/`;
    for (const expected of [{ address: PUBLIC }, { address: PUBLIC }, { failure: 'target_refused' }]) {
      expect(await post(target, url)).toMatchObject(expected);
      await pause();
    }
    expect([outside.connections(), inside.connections()]).toEqual([1, 0]);
  });

  it('within the second try that a stale connection gets is judged like any other', async () => {
    let calls = 0;
    const outside = await serve(PUBLIC, (request, response) => {
      calls += 1;
      calls === 2 ? request.socket.destroy() : response.end();
    });
    const inside = await serve(PRIVATE, (_, response) => response.end('secret'), outside.port);
    const target = makeTarget({ resolve: makeResolver([PUBLIC], [PRIVATE]) });
    const url = `http://rebind.test:${outside.port}/`;
    expect(await post(target, url)).toMatchObject({ status: 200 });
    await pause();
    expect(await post(target, url)).toMatchObject({ failure: 'target_refused' });
    expect(inside.connections()).toBe(0);
  });

  it('of one name does not ride on the kept connection of another', async () => {
    const outside = await serve(PUBLIC, (_, response) => response.end());
    const addresses: Record<string, string> = { 'good.test': PUBLIC, 'evil.test': PRIVATE };
    const resolve: ResolveAll = (host, _, done) =>
      done(null, [{ address: addresses[host] ?? PRIVATE, family: 4 }]);
    const target = makeTarget({ resolve });
    expect(await post(target, `http://good.test:${outside.port}/`)).toMatchObject({ status: 200 });
    await pause();
    expect(await post(target, `http://evil.test:${outside.port}/`)).toMatchObject({
      failure: 'target_refused',
    });
    expect(outside.connections()).toBe(1);
  });

  it('under a hundred calls at once never reaches the private network', async () => {
    const outside = await serve(PUBLIC, (_, response) =>
      response.writeHead(200, { connection: 'close' }).end(),
    );
    const inside = await serve(PRIVATE, (_, response) => response.end('secret'), outside.port);
    const resolve = makeResolver(
      ...Array.from({ length: 100 }, (_, index) => [index % 2 ? PRIVATE : PUBLIC]),
    );
    const target = makeTarget({ resolve });
    const results = await Promise.all(
      Array.from({ length: 100 }, () => post(target, `http://rebind.test:${outside.port}/`)),
    );
    expect(results.filter((result) => 'status' in result)).toHaveLength(50);
    expect(
      results.filter((result) => 'failure' in result && result.failure === 'target_refused'),
    ).toHaveLength(50);
    expect(inside.connections()).toBe(0);
  });
});
