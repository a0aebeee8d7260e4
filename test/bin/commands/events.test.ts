import { type ApiCall, runCommand, type StubApi, startStubApi } from '../command-host';

let api: StubApi;
afterEach(async () => api.close());

const at = '2026-11-20T21:04:11.275Z';
/** Digits that no number of this runtime keeps. */
const event = (id: string) =>
  `{"id":"${id}","topic":"orders","dispatched_at":"${at}","data":{"total":12.50,"n":12345678901234567890}}`;
const ledger = { fanned_out: 3, delivered: 2, dead: 0, skipped: 0, erased: 0, pending: 1 };

async function events(words: readonly string[], answer: (call: ApiCall) => string, host = {}) {
  api = await startStubApi((call) => ({ status: 200, body: answer(call) }));
  return runCommand(['--base-url', api.url, '--token', 't', 'events', ...words], host);
}

describe('events', () => {
  it('lists every page up to the limit, and keeps the digits of numbers', async () => {
    const { printed } = await events(['--topic', 'orders', '--limit', '150', '--oldest'], ({ path }) =>
      path.includes('next=') ? `{"events":[${event('evt_2')}]}` : `{"events":[${event('evt_1')}],"next":"a"}`,
    );
    expect(printed).toEqual([`[${event('evt_1')},${event('evt_2')}]`]);
    expect(api.calls.map(({ path }) => path)).toEqual([
      '/v1/events?topic=orders&order=asc&limit=100',
      '/v1/events?topic=orders&order=asc&limit=100&next=a',
    ]);
  });

  it('asks for no more than the limit', async () => {
    const page = `{"events":[${event('evt_1')}],"next":"a"}`;
    const { printed } = await events(['--topic', 'orders', '--limit', '1'], () => page);
    expect(printed).toEqual([`[${event('evt_1')}]`]);
    expect(api.calls.map(({ path }) => path)).toEqual(['/v1/events?topic=orders&order=desc&limit=1']);
  });

  it('takes how long ago for a time', async () => {
    await events(['--topic', 'orders', '--from', '15m'], () => '{"events":[]}');
    const asked = new URL(`http://x${api.calls[0]?.path}`).searchParams.get('from') ?? '';
    expect(Math.abs(Date.now() - 15 * 60_000 - Date.parse(asked))).toBeLessThan(60_000);
  });

  it('shows one with the count of its deliveries', async () => {
    const answer = ({ path }: ApiCall) =>
      path.endsWith('/ledger') ? JSON.stringify(ledger) : event('evt_1');
    const { printed } = await events(['--id', 'evt_1'], answer);
    expect(printed).toEqual([`${event('evt_1').slice(0, -1)},"ledger":${JSON.stringify(ledger)}}`]);
    await api.close();
    const shown = await events(['--id', 'evt_1'], answer, { interactive: true });
    expect(shown.printed.join()).toMatch(/2 delivered, 1 pending/);
    expect(shown.printed.join()).toContain('12.50');
  });

  it('shows a table on a terminal, which a subject does not steer', async () => {
    const hostile = event('evt_1').replace('"data"', '"subject":"\\u001b[2J","data"');
    const { printed } = await events(['--topic', 'orders'], () => `{"events":[${hostile}]}`, {
      interactive: true,
    });
    expect(printed.join()).toMatch(/evt_1.*2026-11-20T21:04:11/);
    expect(printed.join()).not.toContain('\u001b[2J');
  });
});
