import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { JournalLock } from '../../../sdk/topics/journal-lock';
import { failureOf } from '../../support/message-buffers';

const times = { beatMs: 50, deadAfterMs: 1_000 };
const folder = mkdtempSync(path.join(tmpdir(), 'changewire-lock-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
/** A journal that somebody has locked who cannot be asked: in another container, or without a number. */
const lockedFile = (content: string) => {
  files += 1;
  const journal = path.join(folder, `${files}.journal`);
  writeFileSync(`${journal}.lock`, content);
  return journal;
};
const elsewhere = '{"pid":1,"place":"another container","holder":"a"}';
const leftovers = () => readdirSync(folder).filter((name) => /\.lock\../.test(name));

describe('a lock', () => {
  it.each([elsewhere, '', 'cut o', '{"pid":"x"}'])(
    'of a holder that shows nothing is taken over: %j',
    async (content) => {
      const journal = lockedFile(content);
      const lock = await JournalLock.acquire(journal, times);
      await lock.verify();
      await lock.release();
      expect(leftovers()).toEqual([]);
    },
  );

  it('is taken over by one of many', async () => {
    const journal = lockedFile(elsewhere);
    const ends = await Promise.allSettled(
      Array.from({ length: 8 }, () => JournalLock.acquire(journal, times)),
    );
    const won = ends.filter((end) => end.status === 'fulfilled').map(({ value }) => value);
    const reasons = ends.filter((end) => end.status === 'rejected').map(({ reason }) => reason.code);
    expect([won.length, new Set(reasons)]).toEqual([1, new Set(['buffer_in_use'])]);
    await won[0]?.verify();
    await won[0]?.release();
    expect(leftovers()).toEqual([]);
  });

  it('of a holder that shows that it lives stays', async () => {
    const journal = lockedFile(elsewhere);
    const beat = setInterval(() => utimesSync(`${journal}.lock`, new Date(), new Date()), 50);
    expect((await failureOf(JournalLock.acquire(journal, times))).message).toContain('in use by process 1');
    clearInterval(beat);
    expect(readFileSync(`${journal}.lock`, 'utf8')).toBe(elsewhere);
  });

  it('shows that its own holder lives', async () => {
    const journal = path.join(folder, 'own.journal');
    const lock = await JournalLock.acquire(journal, times);
    const held = readFileSync(`${journal}.lock`, 'utf8');
    await lock.verify();
    await lock.release();
    await lock.release();
    // What is there after it is somebody else's, and stays.
    writeFileSync(`${journal}.lock`, elsewhere);
    await lock.release();
    expect(JSON.parse(held).pid).toBe(process.pid);
    expect(readFileSync(`${journal}.lock`, 'utf8')).toBe(elsewhere);
  });
});
