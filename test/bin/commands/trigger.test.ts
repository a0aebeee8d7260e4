import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ApiCall, runCommand, type StubApi, startStubApi } from '../command-host';

let api: StubApi;
let warnings: readonly string[] | undefined;

interface SentEvent {
  readonly id?: string;
  readonly data: unknown;
}

const sent = () => api.calls.map(({ body }) => body as readonly SentEvent[]);

beforeEach(async () => {
  warnings = undefined;
  let numbered = 0;
  api = await startStubApi(({ body }: ApiCall) => {
    const events = (body as readonly SentEvent[]).map(({ id }) => {
      numbered += 1;
      return { id: `evt_${numbered}`, client_id: id, topic: 'orders' };
    });
    return { status: 202, body: { events, warnings } };
  });
});
afterEach(async () => api.close());

const trigger = (words: readonly string[], host = {}) =>
  runCommand(['--base-url', api.url, '--token', 't', 'trigger', 'orders', ...words], host);

describe('trigger', () => {
  it('publishes an event and prints it, or its id on a terminal', async () => {
    const piped = await trigger(['--data', '{"total":1}', '--subject', 's', '--id', 'a']);
    expect(piped).toMatchObject({
      exitCode: 0,
      printed: ['{"id":"evt_1","client_id":"a","topic":"orders"}'],
    });
    expect(api.calls[0]).toMatchObject({ method: 'POST', path: '/v1/events' });
    expect(sent()).toEqual([[{ topic: 'orders', subject: 's', id: 'a', data: { total: 1 } }]]);
    expect((await trigger([], { interactive: true })).printed).toEqual(['evt_2']);
    expect(sent()[1]).toEqual([{ topic: 'orders', data: {} }]);
  });

  it('takes the data from a file and from standard input', async () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'changewire-trigger-')), 'data.json');
    writeFileSync(file, '[1]\n');
    await trigger(['--data', `@${file}`]);
    await trigger(['--data', '-'], { readStandardInput: async () => '"x"\n' });
    expect(sent().map(([event]) => event?.data)).toEqual([[1], 'x']);
    expect((await trigger(['--data', '@/none'])).exitCode).toBe(1);
    expect((await trigger(['--data', '-'])).exitCode).toBe(2);
  });

  it('publishes many in few calls, with ids of their own, and tells how far it is', async () => {
    const { printed, noted } = await trigger(['--count', '250', '--id', 'run']);
    expect(sent().map((events) => events.length)).toEqual([100, 100, 50]);
    const ids = sent().flatMap((events) => events.map(({ id }) => id));
    expect([ids[0], ids.at(-1), new Set(ids).size]).toEqual(['run-1', 'run-250', 250]);
    expect(noted).toEqual(['100 of 250', '200 of 250', '250 of 250']);
    expect(printed).toEqual(['{"published":250,"first":"evt_1","last":"evt_250"}']);
  });

  it('keeps calls small when the data is large', async () => {
    await trigger(['--count', '9', '--data', JSON.stringify('x'.repeat(250_000))]);
    expect(sent().map((events) => events.length)).toEqual([3, 3, 3]);
  });

  it('passes a warning on, once', async () => {
    warnings = ['the topic "orders" is deprecated'];
    const { noted } = await trigger(['--count', '150']);
    expect(noted.filter((line) => line.includes('deprecated'))).toHaveLength(1);
  });

  it('ends with 3 when the server refuses', async () => {
    await api.close();
    api = await startStubApi(() => ({ status: 404, body: { code: 'not_found', detail: 'no topic' } }));
    expect(await trigger([])).toMatchObject({ exitCode: 3, noted: [expect.stringContaining('no topic')] });
  });

  describe('with --wait', () => {
    const counts = { fanned_out: 2, dead: 0, skipped: 0, erased: 0 };
    const answers = (ledgers: readonly (object | undefined)[]) =>
      startStubApi(({ method, path: asked }) => {
        if (method === 'POST') {
          return { status: 202, body: { events: [{ id: 'evt_1', topic: 'orders' }] } };
        }
        expect(asked).toBe('/v1/events/evt_1/ledger');
        const ledger = ledgers[Math.min(api.calls.length - 2, ledgers.length - 1)];
        return ledger ? { status: 200, body: ledger } : { status: 404, body: { code: 'not_found' } };
      });

    it('counts the deliveries until none is pending, and tells how far it is', async () => {
      await api.close();
      const half = { ...counts, delivered: 1, pending: 1 };
      api = await answers([undefined, half, { ...counts, delivered: 1, dead: 1, pending: 0 }]);
      const { exitCode, printed, noted } = await trigger(['--wait', '20']);
      expect(exitCode).toBe(0);
      expect(noted).toEqual([
        '0 of 1 dispatched: nobody subscribes',
        '1 of 1 dispatched: 1 delivered, 1 pending',
      ]);
      expect(JSON.parse(printed[0] as string)).toMatchObject({
        id: 'evt_1',
        ledger: { delivered: 1, dead: 1 },
      });
    });

    it('ends with 1 when the time is up, and still says what was counted', async () => {
      await api.close();
      api = await answers([{ ...counts, delivered: 0, pending: 2 }]);
      const { exitCode, printed, noted } = await trigger(['--wait', '1'], { interactive: true });
      expect([exitCode, printed]).toEqual([1, ['evt_1\n2 pending']]);
      expect(noted.join()).toContain('not every delivery ended in 1 s');
    });
  });
});
