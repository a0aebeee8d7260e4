import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '../../support/source-files';
import { emptyHome } from '../command-host';

const launcher = path.join(root, 'bin/changewire.js');

function run(home: string, ...words: string[]) {
  const env = { ...process.env, CHANGEWIRE_HOME: home };
  return spawnSync(process.execPath, [launcher, ...words], { env, encoding: 'utf8', timeout: 60_000 });
}

function firstLine(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  return new Promise((resolve) => lines.once('line', resolve));
}

describe('start', () => {
  let child: ChildProcess | undefined;
  // A promise that breaks must not leave a stack behind.
  afterEach(() => void child?.kill('SIGKILL'));

  it('says at once that its port is taken, and how to choose another', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const { status, stderr } = run(emptyHome(), 'start', '--port', `${port}`);
    expect(status).toBe(1);
    expect(stderr).toContain(`error: port ${port} is in use: choose another with --port`);
    expect(stderr).not.toContain('    at ');
    server.close();
  }, 60_000);

  it('names a setting that it does not know, and leaves nothing behind', () => {
    const home = emptyHome();
    const config = path.join(home, 'settings.json');
    writeFileSync(config, '{"verifySignature": true}');
    const { status, stderr } = run(home, 'start', '--port', '0', '--config', config);
    expect(status).toBe(1);
    expect(stderr).toMatch(/unknown setting "verifySignature"; the settings are .*verifySignatures/);
    expect(readdirSync(home).filter((name) => /^(running|assembly)-/.test(name))).toEqual([]);
  }, 60_000);

  it('is told of, while it runs, in a note that only its owner reads; one Ctrl-C, sent twice by npm, ends it', async () => {
    const home = emptyHome();
    const started = spawn(process.execPath, [launcher, 'start', '--port', '0'], {
      env: { ...process.env, CHANGEWIRE_HOME: home },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    child = started;
    const exited = new Promise<number | null>((resolve) => started.once('exit', resolve));
    const ready = JSON.parse(await firstLine(started));
    expect(ready).toMatchObject({ ready: true, strict: false, keysDirectory: path.join(home, 'keys') });

    const note = path.join(home, `running-${new URL(ready.baseUrl).port}.json`);
    expect(statSync(note).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(note, 'utf8'))).toMatchObject({ baseUrl: ready.baseUrl, strict: false });
    const health = await fetch(`${ready.baseUrl}/health`);
    expect(await health.json()).toMatchObject({ status: 'ok' });

    started.kill('SIGINT');
    setTimeout(() => started.kill('SIGINT'), 50);
    expect(await exited).toBe(0);
    expect(existsSync(note)).toBe(false);
    expect(readdirSync(home).filter((name) => name.startsWith('assembly-'))).toEqual([]);
  }, 90_000);
});
