import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeAuthenticator } from '../../../lambdas/shared/authenticate';
import { fetchJwks } from '../../../lambdas/shared/fetch-jwks';
import { makeTokenIssuer } from '../../support/tokens';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const noKey = { status: 401, code: 'invalid_header', message: 'Unable to find appropriate key' };

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) {
    close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
}

/** An issuer whose keys change and who may be down, on a clock of the test. */
async function makeWorld() {
  const issuers = [await makeTokenIssuer('key-1'), await makeTokenIssuer('key-2')] as const;
  const world = { keys: [issuers[0].jwk] as unknown[], down: false, calls: 0, now: Date.now() };
  const JWKS_URI = await serve((_request, response) => {
    world.calls += 1;
    response.writeHead(world.down ? 503 : 200).end(JSON.stringify({ keys: world.keys }));
  });
  const authenticate = makeAuthenticator({ ...issuers[0].environment, JWKS_URI }, () => world.now);
  const present = async (issuer: 0 | 1, kid?: string) =>
    authenticate(
      bearer(
        await issuers[issuer].token(
          { exp: Math.floor(world.now / 1000) + 600 },
          kid === undefined ? {} : { kid },
        ),
      ),
    );
  return { world, present, jwks: issuers.map(({ jwk }) => jwk) };
}

describe('the keys of the issuer', () => {
  it('are kept for ten minutes, however many calls come at once', async () => {
    const { world, present } = await makeWorld();
    await Promise.all(Array.from({ length: 20 }, () => present(0)));
    world.now += 10 * MINUTE - 1;
    await present(0);
    expect(world.calls).toBe(1);
    world.now += 2;
    await present(0);
    expect(world.calls).toBe(2);
  });

  it('are asked for again when a token names a new one', async () => {
    const { world, present, jwks } = await makeWorld();
    await present(0);
    world.keys = jwks;
    world.now += 31 * SECOND;
    await expect(present(1)).resolves.toBeDefined();
    await expect(present(0)).resolves.toBeDefined();
    expect(world.calls).toBe(2);
  });

  it('are not asked for more than every 30 s, whatever keys tokens name', async () => {
    const { world, present } = await makeWorld();
    await present(0);
    for (let index = 0; index < 10; index += 1) {
      world.now += 6 * SECOND;
      await expect(present(0, `made-up-${index}`)).rejects.toMatchObject(noKey);
    }
    expect(world.calls).toBe(3);
  });

  it('stop working within ten minutes when the issuer takes them away', async () => {
    const { world, present, jwks } = await makeWorld();
    await present(0);
    world.keys = [jwks[1]];
    world.now += 10 * MINUTE;
    await expect(present(0)).rejects.toMatchObject(noKey);
  });

  it('are good for an hour while the issuer is down, and it is asked twice a minute', async () => {
    const { world, present } = await makeWorld();
    await present(0);
    world.down = true;
    world.now += 11 * MINUTE;
    for (let index = 0; index < 12; index += 1) {
      await expect(present(0)).resolves.toBeDefined();
      world.now += 10 * SECOND;
    }
    expect(world.calls).toBe(1 + 4);
    world.now += 50 * MINUTE;
    await expect(present(0)).rejects.toThrow('the issuer');
    world.down = false;
    world.now += SECOND;
    await expect(present(0)).resolves.toBeDefined();
  });

  it('are a failure of ours when there are none and the issuer is down, not the caller’s', async () => {
    const { world, present } = await makeWorld();
    world.down = true;
    for (let index = 0; index < 5; index += 1) {
      const failure = present(0);
      await expect(failure).rejects.toThrow('503');
      await expect(failure).rejects.not.toHaveProperty('status');
    }
    expect(world.calls).toBe(1);
    world.down = false;
    world.now += SECOND;
    await expect(present(0)).resolves.toBeDefined();
  });
});

describe('fetchJwks', () => {
  const fetchFrom = async (listener: RequestListener) => fetchJwks(new URL(await serve(listener)));

  it('stops reading what is too large, without waiting for its end', async () => {
    let sent = 0;
    const attempt = fetchFrom((_request, response) => {
      response.on('error', () => undefined);
      const more = () => {
        while (!response.destroyed && sent < 50_000_000 && response.write('x'.repeat(65_536))) {
          sent += 65_536;
        }
      };
      response.on('drain', more);
      more();
    });
    await expect(attempt).rejects.toThrow('larger than 262144 bytes');
    expect(sent).toBeLessThan(20_000_000);
  });

  it.each<[string, string]>([
    ['too many keys', JSON.stringify({ keys: Array.from({ length: 101 }, () => ({ kty: 'RSA' })) })],
    ['no keys', '{}'],
    ['a list', '[]'],
    ['null', 'null'],
    ['HTML', '<html></html>'],
    ['nothing', ''],
  ])('refuses %s', async (_, body) => {
    await expect(fetchFrom((_request, response) => response.end(body))).rejects.toThrow();
  });

  it('follows no redirect', async () => {
    const elsewhere = await serve((_request, response) => response.end('{"keys":[]}'));
    const attempt = fetchFrom((_request, response) => response.writeHead(302, { location: elsewhere }).end());
    await expect(attempt).rejects.toThrow();
  });
});
