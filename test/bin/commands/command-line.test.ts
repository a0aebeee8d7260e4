import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { announceStack } from '../../../local/running-stack';
import { type ApiCall, emptyHome, runCommand, type StubApi, startStubApi } from '../command-host';

const sequenceNumber = '49680407570804955603343938723099095338343615261038346242';
let api: StubApi | undefined;
const withApi = async (answer: Parameters<typeof startStubApi>[0]) => {
  api = await startStubApi(answer);
  return ['--base-url', api.url, '--token', 'secret-token'];
};
afterEach(async () => {
  await api?.close();
  api = undefined;
});

/** A stack of which nothing but the API is asked. */
const nowhere = {
  endpoints: { dynamodb: '', kinesis: '', sqs: '', secretsManager: '', lambda: '' },
  outputs: {},
};

describe('exit codes', () => {
  it.each([
    [['bogus']],
    [['publish']],
    [['status', 'abc']],
    [['status', '1'.repeat(130)]],
    [['person', 'x', '--by', 'shoe_size']],
    [['start', '--port', '70000']],
    [['start', '--port', '9e3']],
    [['start', '--workers', '0']],
    [['deliveries']],
    [['deliveries', '--dead', '--event', 'evt_1']],
    [['deliveries', '--dead', '--from', '2026-11-20']],
    [['deliveries', '--id', 'dlv_1', '--event', 'evt_1']],
    [['deliveries', '--subscription', 'sub_1', '--from', 'yesterday']],
    [['deliveries', '--subscription', 'sub_1', '--state', 'gone']],
    [['resend']],
    [['resend', '--all', '--subscription', 'sub_1']],
    [['resend', '--id', 'dlv_1', '--subscription', 'sub_1']],
    [['resend', '--event', 'evt_1']],
    [['resend', '--reason', 'gone']],
    [['resend', '--event', 'evt_1', '--subscription', 'sub_1', '--run', 'live']],
    [['trigger']],
    [['trigger', 'orders', '--data', '{']],
    [['trigger', 'orders', '--count', '0']],
    [['replay', 'sub_1']],
    [['replay', 'sub_1', '--from', 'yesterday']],
    [['replay', 'sub_1', '--from', 'start', '--rate', '0']],
    [['replay', 'sub_1', '--from', 'start', '--cancel']],
    [['listen', '--secret', 'not-a-secret']],
    [['listen', '--secret', 'whpk_short']],
    [['listen', '--verify']],
    [['listen', '--signature', 'v1a']],
    [['subscriptions', '--pause', 'a', '--delete', 'a']],
    [['events']],
    [['events', '--id', 'evt_1', '--topic', 'orders']],
    [['events', '--id', 'evt_1', '--oldest']],
    [['events', '--topic', 'orders', '--from', '15']],
    [['topics', '--show', 'a', '--delete', 'a']],
    [['topics', '--schema', 'a.json']],
    [['topics', '--change', 'a']],
    [['publish', 'examples/profile.json', '--sign-as', 'cis']],
    [['--base-url', 'ftp://x', 'subscriptions']],
    [['--base-url', 'nonsense', 'subscriptions']],
  ])('are 2 for a wrong command line: %j', async (words) => {
    const { exitCode, printed, noted } = await runCommand(words);
    expect({ exitCode, printed }).toEqual({ exitCode: 2, printed: [] });
    expect(noted.join('\n')).toMatch(/error/);
  });

  it('lead to the help when the command line is wrong', async () => {
    for (const words of [['nope'], ['status'], ['start', '--prot', '1']]) {
      expect((await runCommand(words)).noted.join('\n')).toMatch(/^error: .*--help says how$/s);
    }
  });

  it('are 0 for help and version, of every command', async () => {
    const top = await runCommand(['--help']);
    const names = [...top.printed.join('\n').matchAll(/^ {2}([a-z]+) .*\[options\]/gm)].map(
      ([, name]) => name,
    );
    expect(names).toHaveLength(18);
    for (const name of names as string[]) {
      const { exitCode, printed } = await runCommand([name, '--help']);
      expect([name, exitCode]).toEqual([name, 0]);
      expect(printed.join('\n')).toMatch(/--base-url.*Examples:/s);
    }
    expect(await runCommand(['--version'])).toMatchObject({ exitCode: 0, printed: ['0.1.0'] });
  });

  it('are told of in docs/command-line.md, as is every command, in the order of --help', async () => {
    const page = readFileSync(path.join(__dirname, '../../../docs/command-line.md'), 'utf8');
    const { printed } = await runCommand(['--help']);
    const commands = [...printed.join('\n').matchAll(/^ {2}([a-z]+)(?: <| \[| {2,}[A-Z])/gm)]
      .map(([, name]) => name)
      .filter((name) => name !== 'help');
    expect([...page.matchAll(/^\| `([a-z]+)[ A-Z]*`/gm)].map(([, name]) => name)).toEqual(commands);
    for (const [command, own] of [...page.matchAll(/^\| `([a-z]+)[ A-Z]*` .*\| (.*) \|$/gm)].map((row) =>
      row.slice(1),
    )) {
      const help = (await runCommand([command as string, '--help'])).printed.join('\n');
      expect((own?.match(/--[a-z-]+/g) ?? []).filter((option) => !help.includes(option))).toEqual([]);
    }
    const codes = [...printed.join('\n').matchAll(/^ {2}(\d) {2}/gm)].map(([, code]) => code);
    expect([...page.matchAll(/^\| (\d) \|/gm)].map(([, code]) => code)).toEqual(codes);
  });

  it('are 3 when the server refuses, with its own words', async () => {
    const words = await withApi(() => ({
      status: 403,
      body: { code: 'insufficient_scope', detail: 'no scope' },
    }));
    const { exitCode, noted } = await runCommand([...words, 'subscriptions']);
    expect(exitCode).toBe(3);
    expect(noted).toEqual(['error: the server answered 403 insufficient_scope: no scope']);
  });

  it('are 1 when the server fails, or answers no JSON', async () => {
    const words = await withApi(() => ({ status: 502, body: '<html>' }));
    expect(await runCommand([...words, 'subscriptions'])).toMatchObject({ exitCode: 1 });
  });

  it('are 1 when nothing answers, and say how to start', async () => {
    const words = await withApi(() => ({ status: 200 }));
    await api?.close();
    const { exitCode, noted } = await runCommand([...words, 'subscriptions']);
    expect(exitCode).toBe(1);
    expect(noted.join()).toMatch(/nothing answers at .*npm start/);
  });

  it('are 1 without a token for a stack elsewhere, and never show the token that there is', async () => {
    const words = await withApi(() => ({ status: 401, body: { code: 'token_expired' } }));
    const { noted } = await runCommand([...words, 'subscriptions']);
    expect(noted.join()).not.toContain('secret-token');
    const without = await runCommand(['--base-url', (api as StubApi).url, 'subscriptions']);
    expect(without.exitCode).toBe(1);
    const help = await runCommand(['--help'], { environment: { CHANGEWIRE_TOKEN: 'secret-token' } });
    expect(help.printed.join()).not.toContain('secret-token');
  });

  it.each([
    [{ identity_vault: true, state: 'integrated' }, 0],
    [{ identity_vault: true, state: 'noop' }, 0],
    [{ identity_vault: false, state: 'rejected', code: 'invalid_signature' }, 4],
    [{ identity_vault: false }, 4],
  ])('of status follow the outcome: %j', async (body, exitCode) => {
    const words = await withApi(() => ({ status: 200, body }));
    const ran = await runCommand([...words, 'status', sequenceNumber]);
    expect(ran.exitCode).toBe(exitCode);
    expect(JSON.parse(ran.printed[0] as string)).toEqual({ sequence_number: sequenceNumber, ...body });
  });
});

describe('status --wait', () => {
  it('asks until the change has ended', async () => {
    const words = await withApi((_, count) => ({
      status: 200,
      body: count < 3 ? { identity_vault: false } : { identity_vault: true, state: 'integrated' },
    }));
    expect(await runCommand([...words, 'status', sequenceNumber, '--wait', '10'])).toMatchObject({
      exitCode: 0,
    });
    expect((api as StubApi).calls).toHaveLength(3);
  });

  it('gives up when the time is over', async () => {
    const words = await withApi(() => ({ status: 200, body: { identity_vault: false } }));
    expect(await runCommand([...words, 'status', sequenceNumber, '--wait', '1'])).toMatchObject({
      exitCode: 4,
    });
  });
});

describe('publish', () => {
  const accepted = (call: ApiCall) =>
    call.method === 'POST'
      ? { status: 200, body: { status_code: 200, sequence_number: sequenceNumber } }
      : { status: 200, body: { identity_vault: true, state: 'integrated', condition: 'create' } };

  it('sends the file as it is, with the token', async () => {
    const words = await withApi(accepted);
    const ran = await runCommand([...words, 'publish', 'examples/profile.json']);
    expect(ran).toEqual({ exitCode: 0, printed: [`{"sequence_number":"${sequenceNumber}"}`], noted: [] });
    expect((api as StubApi).calls).toMatchObject([
      { method: 'POST', path: '/change', authorization: 'Bearer secret-token' },
    ]);
  });

  it('reads standard input, and refuses what is no JSON before it calls', async () => {
    const words = await withApi(accepted);
    const good = { readStandardInput: async () => '{"user_id":{}}' };
    expect(await runCommand([...words, 'publish', '-'], good)).toMatchObject({ exitCode: 0 });
    const bad = { readStandardInput: async () => '{"user_id":' };
    expect(await runCommand([...words, 'publish', '-'], bad)).toMatchObject({ exitCode: 2 });
    expect((api as StubApi).calls).toHaveLength(1);
  });

  it('signs what is set and unsigned, with a key from a file', async () => {
    const home = emptyHome();
    const key = path.join(home, 'key.pem');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const words = await withApi(accepted);
    const attribute = (value: string | null, jws: string) => ({
      signature: { publisher: { alg: 'RS256', typ: 'JWS', name: 'ldap', value: jws }, additional: [] },
      metadata: {},
      value,
    });
    const profile = {
      schema: 'x',
      first_name: attribute('Ada', ''),
      last_name: attribute(null, ''),
      fun_title: attribute('signed before', 'a.b.c'),
      identities: { github_id_v3: attribute('7', '') },
    };
    const host = { home, readStandardInput: async () => JSON.stringify(profile) };
    const ran = await runCommand(
      [...words, 'publish', '-', '--sign-as', 'hris', '--key', key, '--wait'],
      host,
    );
    expect(ran.exitCode).toBe(0);
    const sent = (api as StubApi).calls[0]?.body as Record<string, unknown>;
    const signed = {
      signature: { publisher: { name: 'hris', value: expect.stringMatching(/^ey.+\..+\..+/) } },
    };
    expect(sent).toMatchObject({ schema: 'x', first_name: signed, identities: { github_id_v3: signed } });
    expect([sent.last_name, sent.fun_title]).toEqual([profile.last_name, profile.fun_title]);
  });
});

describe('the commands of subscriptions and deliveries', () => {
  it('read every page', async () => {
    const words = await withApi(({ path: called }) => ({
      status: 200,
      body: called.includes('next=')
        ? { subscriptions: [{ id: 'b' }] }
        : { subscriptions: [{ id: 'a' }], next: 'n' },
    }));
    const { printed } = await runCommand([...words, 'subscriptions']);
    expect(JSON.parse(printed[0] as string)).toEqual([{ id: 'a' }, { id: 'b' }]);
  });

  it('encode what goes into a path', async () => {
    const words = await withApi(() => ({ status: 204 }));
    await runCommand([...words, 'subscriptions', '--delete', '../topics?x']);
    expect((api as StubApi).calls[0]?.path).toBe('/v1/subscriptions/..%2Ftopics%3Fx');
    await runCommand([...words, 'person', 'a|b/c', '--by', 'user_id']).catch(() => undefined);
    expect((api as StubApi).calls[1]?.path).toBe('/v2/user/user_id/a%257Cb%252Fc');
  });

  it('subscribe in the format of CIS, with credentials from a file', async () => {
    const file = path.join(emptyHome(), 'oauth2.json');
    writeFileSync(file, '{"type": "oauth2_client_credentials"}');
    const words = [
      ...(await withApi(() => ({ status: 201, body: {} }))),
      'subscribe',
      'profile.updated',
      'http://x/',
    ];
    await runCommand([...words, '--format', 'cis', '--credentials', file, '--replay-from', 'start']);
    expect(api?.calls[0]?.body).toEqual({
      ...{ topic: 'profile.updated', target: 'http://x/', format: 'cis' },
      credentials: { type: 'oauth2_client_credentials' },
      replay_from: 'start',
    });
    expect((await runCommand([...words, '--credentials', 'none'])).exitCode).toBe(1);
  });

  it('subscribe to CloudEvents', async () => {
    const words = await withApi(() => ({ status: 201, body: { id: 'sub_1' } }));
    const format = ['--format', 'cloudevents', '--content-mode', 'structured'];
    await runCommand([...words, 'subscribe', 'orders', 'http://x/', ...format]);
    expect(api?.calls[0]?.body).toMatchObject({ format: 'cloudevents', content_mode: 'structured' });
  });

  it('subscribe with a policy', async () => {
    const words = await withApi(() => ({ status: 201, body: { id: 'sub_1' } }));
    await runCommand([...words, 'subscribe', 'orders', 'http://x/', '--schedule', '1, 20', '--timeout', '3']);
    await runCommand([...words, 'subscribe', 'orders', 'http://x/', '--schedule', '']);
    expect((api as StubApi).calls.map(({ body }) => body)).toEqual([
      { topic: 'orders', target: 'http://x/', policy: { schedule_seconds: [1, 20], timeout_seconds: 3 } },
      { topic: 'orders', target: 'http://x/', policy: { schedule_seconds: [] } },
    ]);
  });

  it('add up what a resend of several calls has done', async () => {
    const words = await withApi((_, count) => ({
      status: 200,
      body: {
        matched: 100,
        resent: 90,
        left: { [`r${count % 2}`]: 5 },
        ...(count < 3 && { next: `${count}` }),
      },
    }));
    const { printed } = await runCommand([...words, 'resend', '--all']);
    expect(JSON.parse(printed[0] as string)).toEqual({
      ...{ matched: 300, resent: 270, dry_run: false },
      left: { r0: 5, r1: 10 },
    });
    expect((api as StubApi).calls.map(({ body }) => body)).toEqual([
      { all: true },
      { all: true, next: '1' },
      { all: true, next: '2' },
    ]);
  });
});

describe('the filters of deliveries', () => {
  it('go into the query and the body as the API names them, times in UTC', async () => {
    const words = await withApi(() => ({
      status: 200,
      body: { deliveries: [], matched: 0, resent: 0, left: {} },
    }));
    const from = ['--from', '2026-11-20T10:00:00+01:00'];
    await runCommand([...words, 'deliveries', '--subscription', 'sub_1', '--state', 'dead', ...from]);
    await runCommand([...words, 'resend', '--topic', 'orders', '--state', 'skipped', ...from, '--dry-run']);
    await runCommand([...words, 'resend', '--id', 'dlv_1', '--force']);
    const [list, filtered, one] = (api as StubApi).calls;
    expect(Object.fromEntries(new URL(list?.path ?? '', 'http://x').searchParams)).toEqual({
      subscription_id: 'sub_1',
      state: 'dead',
      from: '2026-11-20T09:00:00.000Z',
    });
    expect(filtered?.body).toEqual({
      topic: 'orders',
      state: 'skipped',
      from: '2026-11-20T09:00:00.000Z',
      dry_run: true,
    });
    expect(one?.body).toEqual({ id: 'dlv_1', force: true });
  });
});

describe('replay', () => {
  const replay = { subscription_id: 'sub_1', run: 3, from: 'start', rate_per_second: 5 };
  const answers = [
    { ...replay, state: 'running', events_found: 0, sent: 0 },
    { ...replay, state: 'running', events_found: 20, sent: 12, position: { topic: 'orders' } },
    { ...replay, state: 'done', events_found: 20, sent: 12 },
  ];

  it('starts one and tells how far it is until it has ended', async () => {
    const words = await withApi((_, count) => ({ status: 202, body: answers[count - 1] }));
    const asked = ['replay', 'sub_1', '--from', '2026-11-20', '--rate', '5'];
    const { printed, noted, exitCode } = await runCommand([...words, ...asked], { interactive: true });
    expect(exitCode).toBe(0);
    expect((api as StubApi).calls.map(({ method, path: called }) => `${method} ${called}`)).toEqual([
      'POST /v1/subscriptions/sub_1/replays',
      ...Array(2).fill('GET /v1/subscriptions/sub_1/replays/3'),
    ]);
    expect(api?.calls[0]?.body).toEqual({ from: '2026-11-20T00:00:00.000Z', rate_per_second: 5 });
    expect(noted.join()).toContain('sent 12 of 20 found, at orders');
    expect(printed.join()).toContain('run 3 of sub_1');
  });

  it('starts it only, or fails when it did not end well', async () => {
    const words = await withApi((_, count) =>
      count < 3
        ? { status: 202, body: answers[0] }
        : { status: 200, body: { ...answers[2], state: 'cancelled', reason: 'requested' } },
    );
    const started = await runCommand([...words, 'replay', 'sub_1', '--from', 'start', '--no-wait']);
    expect(JSON.parse(started.printed[0] as string)).toEqual(answers[0]);
    const failed = await runCommand([...words, 'replay', 'sub_1', '--from', 'start']);
    expect(failed).toMatchObject({ exitCode: 1 });
    expect(failed.noted.join()).toContain('cancelled: requested');
  });

  it('cancels the one that is running', async () => {
    const words = await withApi(({ method }) => ({
      status: 200,
      body: method === 'GET' ? { replays: [{ ...answers[2], run: 4 }, answers[0]] } : answers[2],
    }));
    expect((await runCommand([...words, 'replay', 'sub_1', '--cancel'])).exitCode).toBe(0);
    expect((api as StubApi).calls[1]).toMatchObject({
      method: 'DELETE',
      path: '/v1/subscriptions/sub_1/replays/3',
    });
  });
});

describe('on a terminal', () => {
  it('shows tables, and lets no stored text steer it', async () => {
    const words = await withApi(() => ({
      status: 200,
      body: {
        subscriptions: [
          { id: 'sub_1', topic: 'orders', target: 'http://x/\u001b[2J\u0007', state: 'active' },
        ],
      },
    }));
    const { printed } = await runCommand([...words, 'subscriptions'], { interactive: true });
    expect(printed.join()).toContain('sub_1');
    expect(printed.join()).not.toContain('\u001b[2J');
    expect(printed.join()).not.toContain('\u0007');
    expect(printed.join()).toContain('\u001b[32mactive');
  });

  it('leaves colours out with NO_COLOR', async () => {
    const words = await withApi(() => ({
      status: 200,
      body: { subscriptions: [{ id: 'a', state: 'active' }] },
    }));
    const options = { interactive: true, environment: { NO_COLOR: '1' } };
    const { printed } = await runCommand([...words, 'subscriptions'], options);
    expect(printed.join()).not.toContain('\u001b');
  });
});

describe('deliveries on a terminal', () => {
  const delivery = {
    event_id: 'evt_TPlaDG0Lxkw36grrtG6tiJFt',
    subscription_id: 'sub_bb8wIvvP38HX90z5',
    topic: 'profile.created',
    state: 'dead',
    reason: 'attempts_used_up',
    attempts: [{ status: 503 }, { status: 503 }, { status: 503 }, { failure: 'timeout' }],
    created_at: '2026-11-20T20:32:49.575Z',
  };

  it('show one with every attempt and the reason of its end', async () => {
    const attempt = { number: 1, at: '2026-11-20T20:32:49.575Z', milliseconds: 12, address: '192.0.2.1' };
    const attempts = [
      { ...attempt, status: 503, answer: 'come back\u001b[2J later' },
      { ...attempt, number: 2, failure: 'timeout' },
    ];
    const words = await withApi(() => ({ status: 200, body: { ...delivery, id: 'dlv_1', attempts } }));
    const { printed } = await runCommand([...words, 'deliveries', '--id', 'dlv_1'], { interactive: true });
    expect((api as StubApi).calls[0]?.path).toBe('/v1/deliveries/dlv_1');
    for (const part of ['(attempts_used_up)', '503', 'timeout', '192.0.2.1', 'come back']) {
      expect(printed.join('\n')).toContain(part);
    }
    expect(printed.join()).not.toContain('\u001b[2J');
  });

  it.each([
    ['--dead', 130, ['evt_', 'sub_', '503 ×3, timeout', '20:32Z']],
    [
      '--event=evt_TPlaDG0Lxkw36grrtG6tiJFt',
      120,
      ['sub_', 'dead (attempts_used_up)', '503 ×3, timeout', '20:32Z'],
    ],
    [
      '--subscription=sub_bb8wIvvP38HX90z5',
      120,
      ['evt_', 'dead (attempts_used_up)', '503 ×3, timeout', '20:32Z'],
    ],
  ])('with %s fit into %d columns, with the answer of every attempt', async (option, width, shown) => {
    const words = await withApi(() => ({ status: 200, body: { deliveries: [delivery] } }));
    const options = { interactive: true, environment: { NO_COLOR: '1' } };
    const { printed } = await runCommand([...words, 'deliveries', option], options);
    const [headings = '', row = ''] = printed.join('\n').split('\n');
    expect(Math.max(headings.length, row.length)).toBeLessThanOrEqual(width);
    for (const part of shown) {
      expect(row).toContain(part);
    }
    expect(row.includes('evt_') && row.includes('sub_')).toBe(option === '--dead');
    expect(row).toContain('attempts_used_up');
  });
});

describe('token', () => {
  it('prints a token of the stack at the base URL, with the scopes asked for', async () => {
    const home = emptyHome();
    const keysDirectory = path.join(home, 'keys');
    mkdirSync(keysDirectory);
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(
      path.join(keysDirectory, 'issuer.private.pem'),
      privateKey.export({ type: 'pkcs8', format: 'pem' }),
    );
    const stack = { keysDirectory, issuer: 'https://issuer/', audience: 'aud', strict: true, ...nowhere };
    const forget = announceStack(home, { baseUrl: 'http://127.0.0.1:9321', ...stack });
    const words = ['token', '--scope', 'write', '--scope', 'topics:read', '--subject', 'me'];
    const { printed } = await runCommand([...words, '--base-url', 'http://localhost:9321/'], { home });
    const [, claims] = (printed[0] as string).split('.');
    expect(JSON.parse(Buffer.from(claims as string, 'base64url').toString())).toMatchObject({
      iss: 'https://issuer/',
      aud: 'aud',
      sub: 'me',
      scope: 'write topics:read',
    });
    const elsewhere = await runCommand(words, { home });
    expect([elsewhere.exitCode, elsewhere.noted.join()]).toEqual([
      1,
      expect.stringMatching(/:9000: say --base-url http:\/\/127\.0\.0\.1:9321/),
    ]);
    forget();
    const gone = await runCommand([...words, '--base-url', 'http://127.0.0.1:9321'], { home });
    expect([gone.exitCode, gone.noted.join()]).toEqual([1, expect.stringMatching(/:9321: .*npm start/)]);
  });
});
