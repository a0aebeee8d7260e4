import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toFetchHandler, toNodeListener } from '../../../sdk/receiver';
import { MemoryBuffer, RecoveryEndpoint, type RecoveryOptions } from '../../../sdk/topics';
import { contentsOf, messageOf } from '../../support/message-buffers';

const refusal = { reason: 'answered 400: no', status: 400 };
let buffer: MemoryBuffer;
beforeEach(async () => {
  buffer = new MemoryBuffer();
  await buffer.append([messageOf('1'), messageOf('2', { payloads: [{ n: 1.5 }], attributes: { a: 1 } })]);
  await buffer.refuse('1', refusal);
});

type Call = (method: string, path: string, headers?: Record<string, string>) => Promise<Response>;

/** The same over both, each with the path `/messages`. */
const runtimes: ReadonlyArray<
  readonly [string, (work: (call: Call) => Promise<void>, options?: RecoveryOptions) => Promise<void>]
> = [
  [
    'Fetch',
    async (work, options) => {
      const serve = toFetchHandler(new RecoveryEndpoint(buffer, options), { path: '/messages/' });
      await work((method, path, headers = {}) =>
        serve(new Request(`https://app.example.org${path}`, { method, headers })),
      );
    },
  ],
  [
    'Node',
    async (work, options) => {
      const server = createServer(
        toNodeListener(new RecoveryEndpoint(buffer, options), { path: '/messages' }),
      );
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      await work((method, path, headers = {}) =>
        fetch(`http://127.0.0.1:${port}${path}`, { method, headers, redirect: 'manual' }),
      ).finally(() => {
        server.close();
        server.closeAllConnections();
      });
    },
  ],
];

describe.each(runtimes)('the recovery endpoint in %s', (_, within) => {
  it.each(['/messages/', '/messages'])('lists what is kept at %s, as the original does', async (path) => {
    await within(async (call) => {
      const response = await call('GET', path);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
      const [first, second] = (await response.json()) as object[];
      const id = expect.any(Number);
      expect(first).toMatchObject({
        id,
        topic: 'orders',
        payload: '1',
        attributes: {},
        bulk: false,
      });
      expect(second).toMatchObject({ id, payload: { n: 1.5 }, attributes: { a: 1 }, idempotency_key: '2' });
    });
  });

  it('says the same of a message, refused or not', async () => {
    await within(async (call) => {
      const before = await (await call('GET', '/messages/')).text();
      await buffer.retry('1');
      await buffer.refuse('2', refusal);
      const rows = (text: string) => (JSON.parse(text) as object[]).map((row) => JSON.stringify(row)).sort();
      expect(rows(await (await call('GET', '/messages/')).text())).toEqual(rows(before));
    });
  });

  it('takes one out by its number, once', async () => {
    await within(async (call) => {
      const [, { id }] = (await (await call('GET', '/messages/')).json()) as [unknown, { id: number }];
      expect(Number.isSafeInteger(id)).toBe(true);
      expect((await call('DELETE', `/messages/${id}/`)).status).toBe(204);
      expect(await contentsOf(buffer)).toEqual({ waiting: [], refused: ['1'] });
      expect((await call('DELETE', `/messages/${id}/`)).status).toBe(404);
    });
  });

  it('shows a bulk as its messages, so many as are asked for, and nothing that is for later', async () => {
    await buffer.append([
      messageOf('3', { kind: 'bulk', payloads: [1, 'two'], attributes: null }),
      messageOf('4', { kind: 'scheduled', scheduleAt: '2100-01-01T00:00:00.000Z' }),
      messageOf('5', { kind: 'scheduled', scheduleAt: '2020-01-01T00:00:00.000Z' }),
    ]);
    await within(async (call) => {
      const list = (await (await call('GET', '/messages/?limit=3')).json()) as object[];
      expect(list).toHaveLength(3);
      expect(list[2]).toMatchObject({
        bulk: true,
        payload: [
          { topic: 'orders', attributes: null, payload: 1 },
          { topic: 'orders', attributes: null, payload: 'two' },
        ],
      });
      const all = (await (await call('GET', '/messages/?limit=all')).json()) as Array<
        Record<string, unknown>
      >;
      expect(all.map(({ idempotency_key: key }) => key)).toEqual(['1', '2', '3', '5']);
    });
  });

  it.each([
    ['POST', '/messages/', 405],
    ['DELETE', '/messages/', 405],
    ['GET', '/messages/1/', 405],
    ['DELETE', '/messages/x/', 404],
    ['DELETE', '/messages/99999999999999999999/', 404],
    ['GET', '/messages/1/2', 404],
    ['GET', '/messagesx', 404],
    ['GET', '/', 404],
  ])('serves nothing else: %s %s', async (method, path, status) => {
    await within(async (call) => {
      expect((await call(method, path)).status).toBe(status);
    });
    expect(await contentsOf(buffer)).toEqual({ waiting: ['2'], refused: ['1'] });
  });

  it('asks for credentials, if it has some', async () => {
    const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
    const credentials = { username: 'hub', password: 'ö:x' };
    await within(
      async (call) => {
        for (const headers of [
          {},
          basic('hub:x'),
          basic(''),
          { authorization: 'Bearer x' },
          { authorization: 'Basic ' },
        ]) {
          const refused = await call('GET', '/messages/', headers);
          expect([refused.status, await refused.text()]).toEqual([401, '']);
        }
        expect((await call('GET', '/messages/', basic('hub:ö:x'))).status).toBe(200);
      },
      { credentials },
    );
  });
});

it('fails, and says nothing, when the buffer does', async () => {
  const warn = jest.spyOn(console, 'warn').mockImplementation();
  buffer.waiting = () => Promise.reject(new Error('secret'));
  const serve = toFetchHandler(new RecoveryEndpoint(buffer));
  const failed = await serve(new Request('https://app.example.org/'));
  expect([failed.status, await failed.text()]).toEqual([500, '']);
  expect(warn).toHaveBeenCalledTimes(1);
  warn.mockRestore();
});

it('serves every path where none is named', async () => {
  const serve = toFetchHandler(new RecoveryEndpoint(buffer));
  const list = await serve(new Request('https://app.example.org/any/where/'));
  const [{ id }] = (await list.json()) as [{ id: number }];
  const gone = await serve(new Request(`https://app.example.org/any/where/${id}/`, { method: 'DELETE' }));
  expect(gone.status).toBe(204);
});
