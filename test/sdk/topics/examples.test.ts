import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as receiver from '../../../sdk/receiver';
import * as sdk from '../../../sdk/topics';
import { documentedExamples, writtenExamples } from '../../support/documented-examples';
import { type MessageHub, startMessageHub } from '../../support/message-hub';

const folder = mkdtempSync(path.join(tmpdir(), 'changewire-examples-'));
/** Not every example closes what it opens. */
const opened: sdk.FileBuffer[] = [];
const given = {
  ...sdk,
  FileBuffer: {
    open: async (file: string) => {
      const buffer = await sdk.FileBuffer.open(file);
      opened.push(buffer);
      return buffer;
    },
  },
};
let hub: MessageHub;
beforeEach(async () => {
  hub = await startMessageHub();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((buffer) => buffer.close()));
  await hub.stop();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Files lie in a folder of the test, and servers listen nowhere. @returns what the example printed. */
async function run(example: string): Promise<string> {
  const lines: string[] = [];
  const code = example
    .replace(/^import (.*) from 'changewire\/topics';$/gm, 'const $1 = sdk;')
    .replace(/^import (.*) from 'changewire\/receiver';$/gm, 'const $1 = receiver;')
    .replace(/^import (.*) from 'node:http';$/gm, 'const $1 = http;')
    .replace(/<\{.*?\}>(?=\()/g, '')
    .replaceAll(
      `'messages.journal'`,
      JSON.stringify(path.join(mkdtempSync(path.join(folder, 'run-')), 'messages.journal')),
    );
  const console = { log: (...words: unknown[]) => lines.push(words.join(' ')) };
  const body = `return (async () => { ${code} })()`;
  const names = ['sdk', 'receiver', 'http', 'process', 'console'];
  const process = { env: { API_URL: hub.url } };
  await new Function(...names, body)(given, receiver, http, process, console);
  return lines.join('\n');
}

describe('the examples of the documentation', () => {
  const printed: Readonly<Record<string, string>> = {
    'file-buffer.ts, 1': 'accepted',
    'memory-buffer.ts, 1': '0',
    'message-client.ts, 1': 'accepted accepted cancelled',
    'message-client.ts, 2': 'orders created orders → https://billing.example.org/orders created',
    'recovery-endpoint.ts, 1': '',
    'message.ts, 1': '12345678901234567000',
  };

  it.each(documentedExamples('sdk/topics'))('run as they are: $name', async ({ name, code }) => {
    expect(await run(code)).toBe(printed[name]);
  });

  it('and of the pages run as they are', async () => {
    const examples = writtenExamples('changewire/topics');
    expect(examples.length).toBeGreaterThan(1);
    for (const example of examples) {
      expect(await run(example)).toBe(
        example.includes('cancelScheduled') ? 'accepted cancelled' : 'accepted',
      );
    }
  });

  it('are all known here', () => {
    const names = documentedExamples('sdk/topics').map(({ name }) => name);
    expect(names.sort()).toEqual(Object.keys(printed).sort());
  });
});
