import { runCommand, startStubApi } from '../command-host';

const id = 'era_AAAAAAAAAAAAAAAAAAAAAAAA';
const erased = { profiles: 1, events: 3 };
const working = { id, state: 'working', pass: 1, step: 'events', erased };
const completed = {
  id,
  state: 'completed',
  erased,
  receipt: [
    { store: 'profiles', erased: 1, remains: 'a mark', until: '2026-11-28T10:00:00.000Z' },
    { store: 'registry', erased: 0, remains: 'nothing' },
  ],
};

async function erase(words: readonly string[], interactive = false) {
  const api = await startStubApi(({ method }, count) => {
    if (method === 'POST') {
      return { status: 202, body: working };
    }
    return { status: 200, body: count < 3 ? working : completed };
  });
  const connection = ['--base-url', api.url, '--token', 'secret-token'];
  const ran = await runCommand([...connection, 'erase', ...words], { interactive });
  await api.close();
  return { ...ran, calls: api.calls.map(({ method, path, body }) => ({ method, path, body })) };
}

describe('erase', () => {
  it('does nothing without --yes, and says so', async () => {
    const { exitCode, noted, calls } = await erase(['--subject', 'ad|x|ada']);
    expect(exitCode).toBe(2);
    expect(noted.join('\n')).toMatch(/nothing was erased: say --yes .*"ad\|x\|ada"/);
    expect(calls).toEqual([]);
  });

  it('tells what is being done, and prints the receipt as JSON', async () => {
    const { exitCode, printed, noted, calls } = await erase(['--subject', 'ad|x|ada', '--yes']);
    expect(exitCode).toBe(0);
    expect(calls[0]).toEqual({ method: 'POST', path: '/v1/erasures', body: { subject: 'ad|x|ada' } });
    expect(calls.slice(1).map(({ path }) => path)).toEqual([`/v1/erasures/${id}`, `/v1/erasures/${id}`]);
    expect(noted).toEqual([`${id} was taken on`, '  pass 1, events: profiles 1, events 3']);
    expect(printed.map((line) => JSON.parse(line))).toEqual([completed]);
  });

  it('shows the receipt as a table on a terminal', async () => {
    const { printed } = await erase(['--subject', 'ad|x|ada', '--yes'], true);
    const lines = printed.join('\n');
    expect(lines).toMatch(/profiles +1 +2026-11-28 +a mark/);
    expect(lines).toMatch(/registry +0 +nothing/);
  });

  it('does not wait when it is told not to', async () => {
    const { printed, calls } = await erase(['--subject', 'x', '--yes', '--no-wait']);
    expect(calls).toHaveLength(1);
    expect(JSON.parse(printed[0] as string)).toEqual(working);
  });
});
