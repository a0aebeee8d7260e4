import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Host } from '../../../bin/commands/host';
import { type HubBehaviour, type MessageHub, startMessageHub } from '../../support/message-hub';
import { root } from '../../support/source-files';
import { emptyHome, runCommand } from '../command-host';

let hub: MessageHub;
beforeEach(async () => {
  hub = await startMessageHub();
});
afterEach(() => hub.stop());

const run = (words: readonly string[], host: Partial<Host> = {}) =>
  runCommand(['--base-url', hub.url, 'messages', ...words], host);
const file = (text: string, name = 'file') => {
  const made = path.join(emptyHome(), name);
  writeFileSync(made, text);
  return made;
};
const down: HubBehaviour = { kind: 'answer', status: 503, body: '<html>' };
const bodies = () => hub.calls.map(({ text }) => text);

describe('messages publish', () => {
  it('sends the digits as they came, attributes and a key, without a token where none is known', async () => {
    const { exitCode, printed } = await run([
      ...['publish', 'orders', '--data', '{"total": 12.50}', '--key', 'k'],
      ...['--attribute', 'source=shop', '--attribute', 'a=b=c'],
    ]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(printed[0] ?? '')).toEqual({ outcome: 'accepted', idempotencyKey: 'k', ids: [1] });
    expect(bodies()).toEqual([
      '{"topic":"orders","payload":{"total": 12.50},"attributes":{"source":"shop","a":"b=c"}}',
    ]);
    expect(hub.calls[0]?.headers.authorization).toBeUndefined();
  });

  it('reads a file or standard input, and shows a line on a terminal', async () => {
    await run(['publish', 'orders', '--data', `@${file('[1]')}`]);
    const { printed } = await run(['publish', 'orders', '--data', '-'], {
      readStandardInput: async () => ' 7\n',
      interactive: true,
    });
    expect(hub.taken.map(({ payload }) => payload)).toEqual([[1], 7]);
    expect(printed).toEqual(['accepted for 1 consumers: 2']);
  });

  it('takes a token, and credentials of the address', async () => {
    const words = ['messages', 'publish', 'orders'];
    await runCommand(['--base-url', hub.url, '--token', 't', ...words]);
    await runCommand(['--base-url', hub.url.replace('//', '//id:key@'), ...words]);
    expect(hub.calls.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer t',
      `Basic ${Buffer.from('id:key').toString('base64')}`,
    ]);
  });

  it.each([
    ['no JSON', ['publish', 'orders', '--data', '{'], 2],
    ['no attribute', ['publish', 'orders', '--attribute', 'x'], 2],
    ['a missing file', ['publish', 'orders', '--data', '@/none'], 1],
    ['no topic', ['publish', ' '], 2],
    ['no time', ['schedule', 'orders'], 2],
    ['two times', ['schedule', 'orders', '--in', '1m', '--at', '2030-01-01'], 2],
    ['a time that is none', ['schedule', 'orders', '--at', 'tomorrow'], 2],
    ['no id', ['cancel', 'x'], 2],
    ['no buffer', ['buffer', '/none'], 1],
    ['no file', ['configure', '/none'], 1],
  ])('refuses %s, and calls nobody', async (_, words, code) => {
    const { exitCode, noted } = await run(words);
    expect([exitCode, hub.calls.length]).toEqual([code, 0]);
    expect(noted.join('\n')).toMatch(/error/i);
  });

  it('ends with 3 at a refusal, and with 1 when nobody answers', async () => {
    hub.state.unknownTopics.add('nothing');
    const refused = await run(['publish', 'nothing']);
    expect([refused.exitCode, refused.noted]).toEqual([
      3,
      [
        'error: the hub answered 400: {"topic":["is invalid"]}; the topics door has none of that name until ' +
          'POST /api/topics or "messages configure" makes it',
      ],
    ]);
    await hub.stop();
    const failed = await run(['publish', 'orders']);
    expect([failed.exitCode, failed.noted]).toEqual([
      1,
      [
        `error: the hub cannot be reached (${hub.url}): start a stack with "npm start", or name another with --base-url`,
      ],
    ]);
  }, 30_000);
});

describe('messages bulk', () => {
  it.each([
    ['a list', '[ {"a": 1.0}, "two",\n3 ]'],
    ['lines', '{"a": 1.0}\n"two"\n\n3\n'],
  ])('publishes %s in one call, digits as they came', async (_, text) => {
    const { printed } = await run(['bulk', 'orders', file(text)]);
    expect(bodies()).toEqual(['{"topic":"orders","payload":[{"a": 1.0},"two",3],"attributes":{}}']);
    expect(JSON.parse(printed[0] ?? '')).toMatchObject([{ outcome: 'accepted', count: 3 }]);
  });

  it('names the line that is none', async () => {
    const { exitCode, noted } = await run(['bulk', 'orders', '-'], {
      readStandardInput: async () => '1\n[2\n3',
    });
    expect([exitCode, noted[0]]).toEqual([2, expect.stringContaining('line 2 is none')]);
    expect(hub.calls).toEqual([]);
  });
});

describe('messages schedule', () => {
  it('sends the time, and cancel takes it back once', async () => {
    const { printed } = await run(['schedule', 'orders', '--at', '2030-01-01T00:00:00+01:00', '--data', '1']);
    expect(hub.taken).toMatchObject([{ payload: 1, scheduleAt: '2029-12-31T23:00:00.000Z' }]);
    const [id] = JSON.parse(printed[0] ?? '').ids;
    expect(await run(['cancel', `${id}`])).toMatchObject({
      exitCode: 0,
      printed: [`{"id":${id},"outcome":"cancelled"}`],
    });
    expect(await run(['cancel', `${id}`])).toMatchObject({ exitCode: 3 });
    await run(['schedule', 'orders', '--in', '2h']);
    const ahead = Date.parse(hub.taken[1]?.scheduleAt ?? '') - Date.now();
    expect(Math.abs(ahead - 7_200_000)).toBeLessThan(60_000);
  });
});

describe('a buffer', () => {
  it('keeps what the hub cannot take, shows it, and is sent', async () => {
    const buffer = path.join(emptyHome(), 'messages.journal');
    hub.script.push(down);
    const kept = await run(['publish', 'orders', '--data', '1', '--buffer', buffer]);
    expect([kept.exitCode, JSON.parse(kept.printed[0] ?? '').outcome]).toEqual([0, 'stored']);
    hub.state.unknownTopics.add('nothing');
    const refused = await run(['publish', 'nothing', '--key', 'bad', '--buffer', buffer]);
    expect(refused.exitCode).toBe(3);
    const shown = await run(['buffer', buffer]);
    expect(JSON.parse(shown.printed[0] ?? '')).toMatchObject([
      { state: 'waiting', topic: 'orders', payloads: 1 },
      { state: 'refused', idempotency_key: 'bad', reason: 'answered 400: {"topic":["is invalid"]}' },
    ]);
    expect(shown.printed[0]).not.toContain('"payload"');
    hub.script.push(down);
    expect(await run(['buffer', buffer, '--flush'])).toMatchObject({ exitCode: 1 });
    hub.state.unknownTopics.clear();
    expect(await run(['buffer', buffer, '--retry', 'bad', '--flush'])).toMatchObject({
      exitCode: 0,
      printed: ['[]'],
    });
    expect(hub.taken.map(({ topic }) => topic)).toEqual(['orders', 'nothing']);
    expect(await run(['buffer', buffer, '--remove', 'bad'])).toMatchObject({ exitCode: 3 });
    const empty = await run(['buffer', buffer], { interactive: true });
    expect(empty.printed).toEqual(['the buffer is empty']);
    expect(existsSync(`${buffer}.lock`)).toBe(false);
  });
});

describe('messages configure', () => {
  const example = path.join(root, 'examples/hub.yaml');

  it('shows the plan, applies it when told, and finds nothing to do then', async () => {
    const plan = await run(['configure', example]);
    expect(plan).toMatchObject({ exitCode: 0, noted: ['nothing is changed yet: --yes applies it'] });
    expect(JSON.parse(plan.printed[0] ?? '').steps.map(({ act }: { act: string }) => act)).toEqual(
      Array(4).fill('create'),
    );
    expect(hub.calls.every(({ method }) => method === 'GET')).toBe(true);
    expect(await run(['configure', example, '--check'])).toMatchObject({ exitCode: 5 });
    const applied = await run(['configure', example, '--yes'], { interactive: true });
    expect(applied.exitCode).toBe(0);
    expect(applied.printed.join()).toMatch(/topic +orders-paid +created/);
    expect(hub.registry.consumers).toMatchObject([
      { topic: 'orders-paid', seconds_timeout: 10, active: true },
      { topic: 'bills', active: false },
    ]);
    expect(await run(['configure', example, '--check'])).toMatchObject({ exitCode: 0, noted: [] });
  });

  it('shows changes, and prunes where it is told to', async () => {
    await run(['configure', example, '--yes']);
    const changed = file(
      readFileSync(example, 'utf8')
        .replace('seconds_timeout: 10', 'seconds_timeout: 20')
        .replace(/ {2}- topic: bills[\s\S]*/, ''),
    );
    const { printed } = await run(['configure', changed, '--prune', 'http://127.0.0.1:9100/'], {
      interactive: true,
    });
    expect(printed.join()).toMatch(/change +seconds_timeout: 10 → 20/);
    expect(printed.join()).toMatch(/bills → http:\/\/127\.0\.0\.1:9100\/bills +delete/);
    expect(await run(['configure', changed, '--prune', '--yes'])).toMatchObject({ exitCode: 0 });
    expect(hub.registry.consumers).toHaveLength(1);
  });

  it('understands the settings of postoffice_django, as JSON', async () => {
    const settings = { POSTOFFICE: { ORIGIN_HOST: 'http://app', TOPICS: ['orders'], CONSUMERS: [] } };
    expect(await run(['configure', file(JSON.stringify(settings)), '--yes'])).toMatchObject({ exitCode: 0 });
    expect(hub.registry.topics).toMatchObject([{ origin_host: 'http://app/postoffice/messages/' }]);
  });

  it.each([
    ['what is no configuration', 'topic: [a]', 2],
    ['what cannot be done', 'topics: [a]', 2],
    ['YAML that is none', 'a: [', 1],
    ['both words', 'topics: []', 2, ['--yes', '--check']],
  ])('begins nothing at %s', async (_, text, code, words: readonly string[] = []) => {
    const { exitCode } = await run(['configure', file(text), ...(words.length > 0 ? words : ['--yes'])]);
    expect([exitCode, hub.calls.filter(({ method }) => method !== 'GET')]).toEqual([code, []]);
  });

  it('reports what failed: 3 when the hub refused, 1 when it failed', async () => {
    const no: HubBehaviour = { kind: 'answer', status: 400, body: '{"data":{"errors":"no"}}' };
    hub.script.push({ kind: 'serve' }, no);
    const one = file('topics: [{name: a, origin_host: "http://a/"}]');
    const refused = await run(['configure', one, '--yes'], { interactive: true });
    expect([refused.exitCode, refused.noted[0]]).toEqual([3, expect.stringContaining('1 of 1 failed')]);
    expect(refused.printed.join()).toMatch(/failed +the hub answered 400: no/);
    hub.script.push({ kind: 'serve' }, ...Array<HubBehaviour>(4).fill(down));
    expect(await run(['configure', one, '--yes'])).toMatchObject({ exitCode: 1 });
  }, 30_000);
});
