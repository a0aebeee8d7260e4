import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { readSince } from '../../../bin/commands/rewind';
import { emptyHome, runCommand } from '../command-host';

const now = Date.parse('2026-11-20T10:00:00.000Z');
const stream = ['rewind', '--stream', 'events'];

describe('rewind', () => {
  it.each([
    ['90s', '2026-11-20T09:58:30.000Z'],
    ['15m', '2026-11-20T09:45:00.000Z'],
    ['2h', '2026-11-20T08:00:00.000Z'],
    ['3d', '2026-11-17T10:00:00.000Z'],
    ['0s', '2026-11-20T10:00:00.000Z'],
    ['2026-11-20', '2026-11-20T00:00:00.000Z'],
    ['2026-11-20T09:00:00Z', '2026-11-20T09:00:00.000Z'],
    ['2026-11-20T09:00:00.5+02:00', '2026-11-20T07:00:00.500Z'],
  ])('takes --since %s for %s', (text, time) => {
    expect(new Date(readSince(text, now)).toISOString()).toBe(time);
  });

  it.each(['', 'yesterday', '15', '-5m', '1.5h', '2026-13-40T10:00:00Z', '2026-11-20T10:00:01Z'])(
    'refuses --since "%s"',
    async (since) => {
      const { exitCode, noted } = await runCommand([...stream, `--since=${since}`], { now: () => now });
      expect(exitCode).toBe(2);
      expect(noted.join('\n')).toMatch(/--since/);
    },
  );

  it.each([
    [['rewind', '--since', '1h'], /--stream/],
    [['rewind', '--stream', 'deliveries', '--since', '1h'], /changes, events/],
    [stream, /--since/],
    [[...stream, '--since', '1h', '--stream-name', 's'], /belong together/],
    [[...stream, '--since', '1h', '--function-name', 'f'], /belong together/],
  ])('refuses %j', async (words, says) => {
    const { exitCode, noted } = await runCommand(words);
    expect(exitCode).toBe(2);
    expect(noted.join('\n')).toMatch(says);
  });

  it.each([
    ['is not there', undefined, /cannot read/],
    ['is no JSON', 'ChangesStream=x', /cannot read/],
    ['tells of no stack', '{}', /0 stacks/],
    ['tells of two stacks', '{"a":{},"b":{}}', /2 stacks/],
    ['is of an older release', '{"changewire-dev":{"BaseUrl":"https://x"}}', /EventsStream/],
  ])('says what is wrong with a file of outputs that %s', async (_, content, says) => {
    const file = path.join(emptyHome(), 'outputs.json');
    if (content !== undefined) {
      writeFileSync(file, content);
    }
    const { exitCode, noted } = await runCommand([...stream, '--since', '1h', '--outputs', file]);
    expect(exitCode).toBe(1);
    expect(noted.join('\n')).toMatch(says);
  });

  it('says how to name a stack when none runs on this machine', async () => {
    const { exitCode, noted } = await runCommand([...stream, '--since', '1h']);
    expect(exitCode).toBe(1);
    expect(noted.join('\n')).toMatch(/npm start.*--outputs FILE/);
  });
});
