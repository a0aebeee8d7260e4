import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { FileBuffer, MemoryBuffer, type MessageBuffer } from '../../../sdk/topics';
import { contentsOf, failureOf, messageOf } from '../../support/message-buffers';
import { root } from '../../support/source-files';

const folder = mkdtempSync(path.join(tmpdir(), 'changewire-file-buffer-'));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) {
    child.kill('SIGKILL');
  }
  rmSync(folder, { recursive: true });
});

let files = 0;
const freshFile = () => {
  files += 1;
  return path.join(folder, `${files}.journal`);
};
const refusal = { reason: 'answered 400', status: 400 };

type Act =
  | { readonly act: 'append'; readonly ids: readonly number[] }
  | { readonly act: 'remove' | 'refuse' | 'retry' | 'replace'; readonly id: number };

const acts: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    act: fc.constant('append' as const),
    ids: fc.array(fc.nat(9), { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ act: fc.constantFrom('remove', 'refuse', 'retry', 'replace'), id: fc.nat(9) }),
);

async function perform(buffer: MessageBuffer, one: Act): Promise<void> {
  switch (one.act) {
    case 'append':
      return buffer.append([...new Set(one.ids)].map((id) => messageOf(`${id}`, { payloads: [`ä${id}\n`] })));
    case 'remove':
      return void (await buffer.remove(`${one.id}`));
    case 'refuse':
      return buffer.refuse(`${one.id}`, refusal);
    case 'retry':
      return void (await buffer.retry(`${one.id}`));
    case 'replace':
      return buffer.replace(`${one.id}`, [messageOf(`${one.id}.0`), messageOf(`${one.id}.1`)]);
  }
}

describe('a journal', () => {
  it('that is cut off at any byte holds what was kept until then, and goes on', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(acts, { minLength: 1, maxLength: 8 }), async (history) => {
        const file = freshFile();
        const buffer = await FileBuffer.open(file, { sync: 'never' });
        const model = new MemoryBuffer();
        // What the journal holds at each length that it had when a promise was kept.
        const kept = [{ length: 0, contents: await contentsOf(model) }];
        kept.push({ length: statSync(file).size, contents: await contentsOf(model) });
        for (const one of history) {
          await perform(buffer, one);
          await perform(model, one);
          kept.push({ length: statSync(file).size, contents: await contentsOf(model) });
        }
        await buffer.close();
        const cut = freshFile();
        for (let length = 0; length <= (kept.at(-1)?.length ?? 0); length += 1) {
          copyFileSync(file, cut);
          truncateSync(cut, length);
          const reopened = await FileBuffer.open(cut, { sync: 'never' });
          const promised = kept.filter((moment) => moment.length <= length).at(-1);
          expect(await contentsOf(reopened)).toEqual(promised?.contents);
          if (length % 40 === 0) {
            await reopened.append([messageOf('after')]);
            await reopened.close();
            const again = await FileBuffer.open(cut);
            expect((await contentsOf(again)).waiting).toContain('after');
            await again.close();
          } else {
            await reopened.close();
          }
        }
        expect(existsSync(`${cut}.damaged`)).toBe(false);
      }),
      { numRuns: 4 },
    );
  }, 120_000);

  it('is written anew when most of it is past, and says the same', async () => {
    const file = freshFile();
    const buffer = await FileBuffer.open(file, { sync: 'never' });
    const filler = 'x'.repeat(10_000);
    await buffer.append([messageOf('first'), messageOf('bad')]);
    await buffer.refuse('bad', refusal);
    for (let number = 0; number < 400; number += 1) {
      await buffer.append([messageOf(`${number}`, { payloads: [filler] })]);
      await buffer.remove(`${number}`);
    }
    await buffer.append([messageOf('last')]);
    expect(statSync(file).size).toBeLessThan(1_500_000);
    await buffer.close();
    const again = await FileBuffer.open(file);
    expect(await contentsOf(again)).toEqual({ waiting: ['first', 'last'], refused: ['bad'] });
    expect(await again.refused()).toMatchObject([refusal]);
    await again.close();
    expect(readdirSync(folder).filter((name) => name.endsWith('.compacting'))).toEqual([]);
  });

  it('whose rewriting was interrupted is the old one', async () => {
    const file = freshFile();
    const buffer = await FileBuffer.open(file);
    await buffer.append([messageOf('1')]);
    await buffer.close();
    writeFileSync(`${file}.compacting`, '{"journal":"changewire/to');
    const again = await FileBuffer.open(file);
    expect((await contentsOf(again)).waiting).toEqual(['1']);
    expect(existsSync(`${file}.compacting`)).toBe(false);
    await again.close();
  });

  it('with a line that the disk has spoilt keeps it aside, and the others', async () => {
    const file = freshFile();
    const buffer = await FileBuffer.open(file);
    for (const id of ['1', '2', '3']) {
      await buffer.append([messageOf(id)]);
    }
    await buffer.close();
    const lines = readFileSync(file, 'utf8').split('\n');
    lines[2] = lines[2]?.replace('"put"', '\0\0\0\0\0') ?? '';
    lines.splice(3, 0, '{"put":[{"id":7}]}', '17');
    writeFileSync(file, lines.join('\n'));
    const again = await FileBuffer.open(file);
    expect((await contentsOf(again)).waiting).toEqual(['1', '3']);
    await again.append([messageOf('4')]);
    await again.close();
    expect(readFileSync(`${file}.damaged`, 'utf8').split('\n')).toHaveLength(4);
    const third = await FileBuffer.open(file);
    expect((await contentsOf(third)).waiting).toEqual(['1', '3', '4']);
    await third.close();
    expect(readFileSync(`${file}.damaged`, 'utf8').split('\n')).toHaveLength(4);
  });

  it.each(['orders\n', '{"journal":"other"}\n', '{"jou\n', 'x'])(
    'is not made of another file: %j',
    async (text) => {
      const file = freshFile();
      writeFileSync(file, text);
      expect((await failureOf(FileBuffer.open(file))).code).toBe('buffer_invalid');
      expect(readFileSync(file, 'utf8')).toBe(text);
      // Nor is it locked for ever.
      expect(existsSync(`${file}.lock`)).toBe(false);
    },
  );

  it('needs its folder', async () => {
    await expect(FileBuffer.open(path.join(folder, 'none', 'a.journal'))).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });

  it('is for its owner alone', async () => {
    const file = freshFile();
    const buffer = await FileBuffer.open(file);
    expect(statSync(file).mode & 0o077).toBe(0);
    await buffer.close();
  });

  it('takes nothing once it is closed', async () => {
    const buffer = await FileBuffer.open(freshFile());
    await buffer.close();
    await buffer.close();
    expect((await failureOf(buffer.append([messageOf('1')]))).code).toBe('configuration_invalid');
  });

  it.each(['always', 'every_second', 'never'] as const)(
    'takes many at the same time (sync: %s)',
    async (sync) => {
      const file = freshFile();
      const buffer = await FileBuffer.open(file, { sync });
      const ids = Array.from({ length: 500 }, (_, number) => `${number}`);
      await Promise.all(ids.map((id) => buffer.append([messageOf(id)])));
      await buffer.close();
      const again = await FileBuffer.open(file);
      expect((await contentsOf(again)).waiting).toEqual(ids);
      await again.close();
    },
  );
});

/** A process that fills a buffer; resolves with what it has printed once it is killed, or has ended. */
function startProcess(file: string, ...words: string[]) {
  return watch([process.execPath, '-r', 'tsx/cjs', script, file, ...words]);
}

const script = path.join(root, 'test/support/buffer-process.ts');

function watch([command = '', ...words]: readonly string[]) {
  const env = { ...process.env, TSX_DISABLE_CACHE: '1' };
  const child = spawn(command, words, { cwd: root, env });
  children.push(child);
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const until = async (enough: number) => {
    while (lines.length < enough && child.exitCode === null) {
      await wait(20);
    }
  };
  return {
    lines,
    until,
    end: async (signal: NodeJS.Signals = 'SIGKILL') => {
      child.kill(signal);
      await Promise.all([child.exitCode === null ? once(child, 'close') : undefined]);
      return lines;
    },
  };
}

describe('a process', () => {
  it.each(['always', 'never'])(
    'that is killed has kept what it said (sync: %s)',
    async (sync) => {
      const file = freshFile();
      const process = startProcess(file, sync);
      await process.until(150);
      const lines = await process.end();
      const gone = lines.filter((line) => line.startsWith('-')).map((line) => line.slice(1));
      const kept = lines.slice(1).filter((line) => !line.startsWith('-') && !gone.includes(line));
      const buffer = await FileBuffer.open(file);
      const { waiting } = await contentsOf(buffer);
      await buffer.close();
      // The last act may have happened and not been told.
      const untold = new Set([...waiting, ...kept]);
      expect(waiting.filter((id) => !kept.includes(id)).length).toBeLessThanOrEqual(1);
      expect([...untold].filter((id) => !waiting.includes(id)).length).toBeLessThanOrEqual(1);
      expect(kept.length).toBeGreaterThan(40);
    },
    60_000,
  );

  it('whose disk is full keeps what it said, and no half of anything', async () => {
    const file = freshFile();
    const limited = [
      'bash',
      '-c',
      'ulimit -f 8; exec "$0" "$@"',
      process.execPath,
      '-r',
      'tsx/cjs',
      script,
      file,
    ];
    const child = watch(limited);
    await child.until(Number.POSITIVE_INFINITY);
    const lines = await child.end();
    expect(lines.at(-1)).toBe('failed EFBIG');
    expect(readFileSync(file, 'utf8')).toMatch(/\}\n$/);
    const gone = lines.filter((line) => line.startsWith('-')).map((line) => line.slice(1));
    const kept = lines.slice(1, -1).filter((line) => !line.startsWith('-') && !gone.includes(line));
    const buffer = await FileBuffer.open(file);
    expect((await contentsOf(buffer)).waiting).toEqual(kept);
    await buffer.close();
  }, 60_000);

  it('cannot open what another has open, until that one has ended', async () => {
    const file = freshFile();
    const first = startProcess(file, 'never', 'a');
    await first.until(5);
    const second = startProcess(file, 'never', 'b');
    await second.until(1);
    expect(await second.end()).toEqual(['failed buffer_in_use']);
    const error = await failureOf(FileBuffer.open(file));
    expect(error.code).toBe('buffer_in_use');
    expect(error.message).toMatch(/is in use by process \d+/);
    await first.end();
    const buffer = await FileBuffer.open(file);
    expect((await buffer.stats()).waiting).toBeGreaterThan(2);
    await buffer.close();
  }, 60_000);

  it('has a file open once', async () => {
    const file = freshFile();
    const buffer = await FileBuffer.open(file);
    expect((await failureOf(FileBuffer.open(file))).message).toContain('in use by this process');
    await buffer.close();
    await (await FileBuffer.open(file)).close();
  });

  it('writes nothing more when its lock was taken', async () => {
    const file = freshFile();
    const buffer = await FileBuffer.open(file);
    await buffer.append([messageOf('1')]);
    const before = readFileSync(file);
    writeFileSync(`${file}.lock`, '{"pid":1,"holder":"another"}');
    expect((await failureOf(buffer.append([messageOf('2')]))).code).toBe('buffer_in_use');
    expect(readFileSync(file)).toEqual(before);
    await buffer.close();
    expect(existsSync(`${file}.lock`)).toBe(true);
  });
});
