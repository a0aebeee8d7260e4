import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  ChangeClient,
  FileJournal,
  type JournalEntry,
  type PartialProfile,
  ProfileBuilder,
  type PublishAllOptions,
  type PublishProgress,
  publishAll,
  waitForAll,
} from '../../../sdk/publisher';
import {
  type Answer,
  type ChangeServer,
  type SeenRequest,
  startChangeServer,
} from '../../support/change-server';
import { root } from '../../support/source-files';

const folder = mkdtempSync(path.join(tmpdir(), 'publish-all-'));
let server: ChangeServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});
afterAll(() => rmSync(folder, { recursive: true }));

const changeOf = (user: string, title = 'x') => ProfileBuilder.forUser(user).set('fun_title', title).build();
const users = (count: number) => Array.from({ length: count }, (_, index) => changeOf(`ad|u${index}`));
const idsOf = ({ body }: SeenRequest): string[] =>
  [JSON.parse(body)].flat().map((profile: PartialProfile) => profile.user_id?.value ?? '');

/** Accepts each change under a number made of its user and title; refuses the users named. */
function accept({ url, body }: SeenRequest, refused: readonly string[] = []): Answer {
  const profiles = [JSON.parse(body)].flat() as PartialProfile[];
  const members = profiles.map(({ user_id, fun_title }) =>
    refused.includes(user_id?.value ?? '')
      ? { code: 'schema_invalid', description: 'fun_title: is bad', status_code: 400, sequence_number: null }
      : { status_code: 200, sequence_number: `${user_id?.value}:${fun_title?.value}` },
  );
  if (url === '/changes') {
    return { status: 200, json: members };
  }
  return { status: members[0]?.status_code ?? 500, json: members[0] };
}

const unconfirmed = {
  code: 'unavailable',
  description: 'send it again',
  status_code: 503,
  sequence_number: null,
};

async function clientOf(answer: (request: SeenRequest, index: number) => Answer | Promise<Answer>) {
  server = await startChangeServer(answer);
  return new ChangeClient({ baseUrl: server.baseUrl, token: 't', firstDelayMs: 1, retries: 1 });
}

const numbersOf = (results: readonly { state: string }[]) =>
  results.map((one) => ('sequenceNumber' in one ? one.sequenceNumber : one.state));

describe('publishAll', () => {
  it('sends batches and tells of each change in the order given', async () => {
    const client = await clientOf((request) => accept(request));
    const results = await publishAll(client, users(125), { batchSize: 50 });
    expect(server?.seen.map(({ url }) => url)).toEqual(['/changes', '/changes', '/changes']);
    expect(numbersOf(results)).toEqual(users(125).map(({ user_id }) => `${user_id?.value}:x`));
  });

  it('goes on after a change that is refused, and says why', async () => {
    const client = await clientOf((request) => accept(request, ['ad|u1']));
    const results = await publishAll(client, users(3));
    expect(results.map(({ state }) => state)).toEqual(['accepted', 'refused', 'accepted']);
    expect(results[1]).toEqual({ state: 'refused', code: 'schema_invalid', text: 'fun_title: is bad' });
  });

  it('reports progress, which ends with everything', async () => {
    const client = await clientOf((request) => accept(request, ['ad|u7']));
    const heard: PublishProgress[] = [];
    await publishAll(client, users(20), { batchSize: 5, onProgress: (progress) => heard.push(progress) });
    expect(heard).toHaveLength(4);
    expect(heard.at(-1)).toEqual({ total: 20, accepted: 19, refused: 1, resumed: 0 });
  });

  it('keeps no more calls under way than it may', async () => {
    let underWay = 0;
    let most = 0;
    const client = await clientOf(async (request) => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setTimeout(resolve, 20));
      underWay -= 1;
      return accept(request);
    });
    await publishAll(client, users(40), { batchSize: 2, concurrency: 3 });
    expect(most).toBe(3);
  });

  it('sends the changes of one user one after the other, in their order', async () => {
    const answered: string[] = [];
    const client = await clientOf(async (request) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
      const profiles: PartialProfile[] = [JSON.parse(request.body)].flat();
      answered.push(...profiles.map(({ user_id, fun_title }) => `${user_id?.value} ${fun_title?.value}`));
      return accept(request);
    });
    const everyone = ['ad|x', 'ad|y', 'ad|z'];
    const changes = ['a', 'b', 'a', 'c'].flatMap((title) => everyone.map((user) => changeOf(user, title)));
    await publishAll(client, changes, { batchSize: 2, concurrency: 4 });
    for (const user of everyone) {
      const order = answered.filter((one) => one.startsWith(user)).map((one) => one.at(-1));
      expect(order).toEqual(['a', 'b', 'a', 'c']);
    }
  });

  it.each([404, 405])(
    'falls back to single changes where /changes answers %i, and asks it no more',
    async (status) => {
      const client = await clientOf((request) =>
        request.url === '/changes' ? { status, json: {} } : accept(request, ['ad|u2']),
      );
      const results = await publishAll(client, users(6), { batchSize: 3, concurrency: 1 });
      expect(results.filter(({ state }) => state === 'accepted')).toHaveLength(5);
      expect(results[2]).toMatchObject({ state: 'refused', code: 'schema_invalid' });
      expect(server?.seen.filter(({ url }) => url === '/changes')).toHaveLength(1);
    },
  );

  it('halves a batch that is too large for the server', async () => {
    const client = await clientOf((request) =>
      idsOf(request).length > 4 ? { status: 413, json: { code: 'body_too_large' } } : accept(request),
    );
    const results = await publishAll(client, users(16));
    expect(numbersOf(results)).toEqual(users(16).map(({ user_id }) => `${user_id?.value}:x`));
  });

  it('finds the bad change in a batch that is refused as a whole', async () => {
    const client = await clientOf((request) =>
      request.url === '/changes'
        ? { status: 400, json: { code: 'body_invalid' } }
        : accept(request, ['ad|u0']),
    );
    const results = await publishAll(client, users(3));
    expect(results.map(({ state }) => state)).toEqual(['refused', 'accepted', 'accepted']);
  });

  it.each([
    [401, 'token_expired', 'refused'],
    [403, 'insufficient_scope', 'refused'],
    [503, 'internal_error', 'unavailable'],
  ])('stops at %i %s, and begins nothing new', async (status, code, expected) => {
    const client = await clientOf(() => ({ status, json: { code } }));
    const run = publishAll(client, users(100), { batchSize: 5, concurrency: 2 });
    await expect(run).rejects.toMatchObject({ code: expected });
    expect(server?.seen.length).toBeLessThanOrEqual(4);
  });

  it('sends a member again that the server could not confirm, before a later change of that user', async () => {
    const client = await clientOf((request, index) => {
      const { json } = accept(request) as { json: unknown[] };
      return index === 0 ? { status: 200, json: json.with(1, unconfirmed) } : accept(request);
    });
    const changes = [...users(3), changeOf('ad|u1', 'y')];
    const results = await publishAll(client, changes);
    expect(numbersOf(results)).toEqual(['ad|u0:x', 'ad|u1:x', 'ad|u2:x', 'ad|u1:y']);
    expect(server?.seen.map(idsOf)).toEqual([['ad|u0', 'ad|u1', 'ad|u2'], ['ad|u1'], ['ad|u1']]);
  });

  it('fails when a member stays unconfirmed, and does not take that for a refusal', async () => {
    const client = await clientOf((request) => {
      const { json } = accept(request) as { json: unknown[] };
      return request.url === '/changes'
        ? { status: 200, json: json.with(0, unconfirmed) }
        : { status: 503, json: unconfirmed };
    });
    await expect(publishAll(client, users(3))).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('does not take an answer that leaves a change out', async () => {
    const client = await clientOf(() => ({
      status: 200,
      json: [{ status_code: 200, sequence_number: '1' }],
    }));
    await expect(publishAll(client, users(2))).rejects.toMatchObject({ code: 'reply_unreadable' });
  });
});

describe('a run with a journal', () => {
  const open = async (name: string) => FileJournal.open(path.join(folder, name));
  const run = async (
    client: ChangeClient,
    name: string,
    changes = users(10),
    options: PublishAllOptions = {},
  ) => {
    const journal = await open(name);
    try {
      return await publishAll(client, changes, { batchSize: 2, concurrency: 1, journal, ...options });
    } finally {
      await journal.close();
    }
  };

  it('sends after a failure only what was not accepted', async () => {
    let failing = true;
    const client = await clientOf((request, index) =>
      failing && index >= 3 ? { status: 503, json: {} } : accept(request),
    );
    await expect(run(client, 'a')).rejects.toMatchObject({ code: 'unavailable' });
    failing = false;
    const before = server?.seen.length ?? 0;
    const heard: PublishProgress[] = [];
    const results = await run(client, 'a', users(10), { onProgress: (progress) => heard.push(progress) });
    expect(server?.seen.slice(before).flatMap(idsOf)).toEqual(['ad|u6', 'ad|u7', 'ad|u8', 'ad|u9']);
    expect(numbersOf(results)).toEqual(users(10).map(({ user_id }) => `${user_id?.value}:x`));
    expect(heard.at(-1)).toEqual({ total: 10, accepted: 4, refused: 0, resumed: 6 });
  });

  it('keeps what was accepted beside a member that stays unconfirmed', async () => {
    let failing = true;
    const client = await clientOf((request) => {
      const { json } = accept(request) as { json: unknown[] };
      if (!failing) {
        return accept(request);
      }
      return request.url === '/changes'
        ? { status: 200, json: json.with(0, unconfirmed) }
        : { status: 503, json: unconfirmed };
    });
    await expect(run(client, 'h', users(4), { batchSize: 4 })).rejects.toMatchObject({ code: 'unavailable' });
    failing = false;
    const before = server?.seen.length ?? 0;
    await run(client, 'h', users(4), { batchSize: 4 });
    expect(server?.seen.slice(before).flatMap(idsOf)).toEqual(['ad|u0']);
  });

  it('sends a refused change again: it may have been repaired', async () => {
    const client = await clientOf((request, index) => accept(request, index === 0 ? ['ad|u0'] : []));
    await run(client, 'b', users(2));
    const again = await run(client, 'b', users(2));
    expect(numbersOf(again)).toEqual(['ad|u0:x', 'ad|u1:x']);
    expect(server?.seen.flatMap(idsOf)).toEqual(['ad|u0', 'ad|u1', 'ad|u0']);
  });

  it('knows a change again that is built, and signed, anew', async () => {
    const client = await clientOf((request) => accept(request));
    const built = (at: string) =>
      ProfileBuilder.forUser('ad|x', () => new Date(at))
        .set('tags', { b: 1, a: 2 })
        .build();
    await run(client, 'c', [built('2026-01-01T00:00:00Z')]);
    await run(client, 'c', [built('2026-02-02T00:00:00Z')]);
    expect(server?.seen).toHaveLength(1);
  });

  it('tells changes apart: other content, other display, and there and back again', async () => {
    const client = await clientOf((request) => accept(request));
    const shown = ProfileBuilder.forUser('ad|x').set('fun_title', 'a', { display: 'staff' }).build();
    const changes = [changeOf('ad|x', 'a'), changeOf('ad|x', 'b'), changeOf('ad|x', 'a'), shown];
    await run(client, 'd', changes);
    expect(server?.seen).toHaveLength(4);
    await run(client, 'd', changes);
    expect(server?.seen).toHaveLength(4);
  });

  it('sends in a repeated run what is meant differently', async () => {
    const client = await clientOf((request) => accept(request));
    const meant = (display: 'staff' | 'public', content: string, verified = true) =>
      ProfileBuilder.forUser('ad|x').set('fun_title', content, { display, verified }).build();
    const variants = [
      meant('public', 'a'),
      meant('public', 'b'),
      meant('staff', 'a'),
      meant('public', 'a', false),
    ];
    for (const [index, variant] of variants.entries()) {
      await run(client, 'h', [variant]);
      expect(server?.seen).toHaveLength(index + 1);
    }
  });

  it('begins anew after it was finished', async () => {
    const client = await clientOf((request) => accept(request));
    await run(client, 'e', users(1));
    await (await open('e')).finish();
    await run(client, 'e', users(1));
    expect(server?.seen).toHaveLength(2);
  });

  it('survives a line that a crash has cut off, and keeps nothing of the profiles', async () => {
    const client = await clientOf((request) => accept(request));
    await run(client, 'f', users(4));
    const file = path.join(folder, 'f');
    const text = readFileSync(file, 'utf8');
    expect(text).not.toContain('fun_title');
    writeFileSync(file, text.slice(0, -20));
    await run(client, 'f', users(5));
    await run(client, 'f', users(5));
    expect(server?.seen.slice(2).flatMap(idsOf)).toEqual(['ad|u3', 'ad|u4']);
  });

  it('refuses a file that is no journal', async () => {
    writeFileSync(path.join(folder, 'g'), '{"name": "package"}\n{"version": 1}\n');
    await expect(open('g')).rejects.toMatchObject({ code: 'journal_invalid' });
  });

  it.each(['{"kty":"RSA"}\n', 'a note of mine', '-----BEGIN PRIVATE KEY-----'])(
    'refuses a file of one line that is none of its own: %j',
    async (text) => {
      writeFileSync(path.join(folder, 'one'), text);
      await expect(open('one')).rejects.toMatchObject({ code: 'journal_invalid' });
    },
  );

  it('takes a file whose only line a crash has cut off', async () => {
    for (const text of ['{', '{"key":"abc', '{"key":"abc","sequence_num']) {
      writeFileSync(path.join(folder, 'cut'), text);
      await (await open('cut')).close();
      await (await open('cut')).close();
    }
  });

  it('goes with a store of the caller, too', async () => {
    const client = await clientOf((request) => accept(request));
    const stored = new Map<string, string>();
    const journal = {
      find: async (key: string) => stored.get(key),
      record: async (entries: readonly JournalEntry[]) => {
        for (const { key, sequenceNumber } of entries) {
          stored.set(key, sequenceNumber);
        }
      },
    };
    await publishAll(client, users(3), { journal });
    await publishAll(client, users(4), { journal });
    expect(server?.seen.flatMap(idsOf)).toEqual(['ad|u0', 'ad|u1', 'ad|u2', 'ad|u3']);
  });

  it('that is killed in between sends every change, and none again that its journal knew', async () => {
    const journalFile = path.join(folder, 'killed');
    const program = path.join(folder, 'run.cts');
    writeFileSync(program, killedProgram);
    let answered = 0;
    server = await startChangeServer(async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 15));
      answered += 1;
      return accept(request);
    });
    const start = () =>
      spawn(process.execPath, ['-r', 'tsx/cjs', program, root, server?.baseUrl ?? '', journalFile], {
        cwd: root,
        stdio: ['ignore', 'inherit', 'inherit'],
      });
    const exitOf = (child: ReturnType<typeof start>) => new Promise((resolve) => child.once('exit', resolve));

    const first = start();
    while (answered < 8) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    first.kill('SIGKILL');
    await exitOf(first);
    const known = new Set(
      readFileSync(journalFile, 'utf8')
        .split('\n')
        .flatMap((line) => (line.endsWith('}') ? [JSON.parse(line).sequence_number as string] : [])),
    );
    const sentBefore = server.seen.length;
    expect(known.size).toBeGreaterThan(0);
    expect(known.size).toBeLessThan(200);

    expect(await exitOf(start())).toBe(0);
    const sentAfter = server.seen.slice(sentBefore).flatMap(idsOf);
    expect(sentAfter.filter((id) => known.has(`${id}:x`))).toEqual([]);
    expect(new Set(server.seen.flatMap(idsOf)).size).toBe(200);
    expect(sentAfter).toHaveLength(200 - known.size);
  }, 60_000);
});

const killedProgram = `
const [, , root, baseUrl, journalFile] = process.argv;
const { ChangeClient, FileJournal, ProfileBuilder, publishAll } = require(root + '/sdk/publisher');
(async () => {
  const client = new ChangeClient({ baseUrl, token: 't' });
  const changes = Array.from({ length: 200 }, (_, i) => ProfileBuilder.forUser('ad|u' + i).set('fun_title', 'x').build());
  const journal = await FileJournal.open(journalFile);
  await publishAll(client, changes, { batchSize: 5, concurrency: 2, journal });
  await journal.finish();
})();
`;

describe('waitForAll', () => {
  it('tells how each change ended, in the order of the numbers, and what is still pending', async () => {
    const states: Record<string, unknown> = {
      1: { identity_vault: true, state: 'integrated', condition: 'create' },
      2: { identity_vault: false, state: 'rejected', code: 'invalid_publisher' },
      3: { identity_vault: false },
    };
    const client = await clientOf(({ url }) => ({
      status: 200,
      json: states[new URL(url, 'http://x').searchParams.get('sequenceNumber') ?? ''],
    }));
    const heard: number[] = [];
    const ended = await waitForAll(client, ['3', '2', '1'], {
      timeoutMs: 150,
      onProgress: ({ ended: count }) => heard.push(count),
    });
    expect(ended.map(({ sequenceNumber, state }) => [sequenceNumber, state])).toEqual([
      ['3', 'pending'],
      ['2', 'rejected'],
      ['1', 'integrated'],
    ]);
    expect(heard).toEqual([1, 2]);
  });
});
