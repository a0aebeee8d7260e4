import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type EntityEventServer, startEntityEventServer } from '../../support/entity-event-server';
import { until } from '../../support/until';

const COUNT = 2_600;
const program = path.join(__dirname, '../../support/flushing-process.ts');

describe('a program that is killed while it flushes, again and again', () => {
  let server: EntityEventServer;
  let directory: string;
  beforeEach(async () => {
    server = await startEntityEventServer();
    directory = mkdtempSync(path.join(tmpdir(), 'changewire-outbox-'));
  });
  afterEach(async () => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const start = (manner: string): ChildProcess =>
    spawn(
      process.execPath,
      ['-r', 'tsx/cjs', program, server.url, path.join(directory, 'session.json'), manner, `${COUNT}`],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );

  it.each(['outbox', 'repeat'])(
    'has each event stored once and in order (%s)',
    async (manner) => {
      // After so many calls, in the middle of one whose events the server has, or has not.
      for (const [after, stored] of [
        [0, true],
        [3, false],
        [8, true],
      ] as const) {
        const before = server.calls.length;
        server.script.push(...Array.from({ length: after }, () => ({ kind: 'store' }) as const));
        server.script.push({ kind: 'hang', stored });
        const running = start(manner);
        await until(() => server.calls.length === before + after + 1, 60_000);
        running.kill('SIGKILL');
        await once(running, 'exit');
      }
      const last = start(manner);
      expect(await once(last, 'exit')).toEqual([0, null]);
      const stored = server.stored.map(({ data }) => data.id);
      expect(stored).toEqual(Array.from({ length: COUNT }, (_, number) => `${number}`));
    },
    120_000,
  );
});
