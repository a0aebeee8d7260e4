import path from 'node:path';
import { type ReadyFacts, readyText } from '../../../bin/commands/ready-text';

const host = {
  environment: {},
  home: '',
  interactive: false,
  print: () => undefined,
  note: () => undefined,
  readStandardInput: async () => '',
  now: () => 0,
  onStop: () => () => undefined,
  forceExit: () => undefined,
};

const facts: ReadyFacts = {
  baseUrl: 'http://127.0.0.1:9000',
  keysDirectory: path.resolve('.changewire/keys'),
  dataDirectory: undefined,
  logDirectory: path.resolve('.changewire/keys/logs'),
  strict: false,
  milliseconds: 5210,
};

describe('what a newcomer reads when a stack is up', () => {
  it('begins with the address, and names folders from here', () => {
    const text = readyText(host, facts).trim();
    expect(text).toMatch(/^ready http:\/\/127\.0\.0\.1:9000 in 5\.2 s\n/);
    expect(text).toContain('keys    .changewire/keys ');
    expect(text).toContain('tokens  .changewire/keys/tokens.json ');
  });

  it('fits a narrow terminal but for one line of curl: a token is fetched, not shown', () => {
    const long = readyText(host, facts)
      .split('\n')
      .filter((line) => line.length > 100);
    expect(long).toEqual([expect.stringContaining('curl http://127.0.0.1:9000/change ')]);
    expect(readyText(host, facts)).toContain('export TOKEN=$(npx changewire token)\n');
  });

  it('names the stack in every command, once it is at another address, and only then', () => {
    const commands = (text: string) => text.split('\n').filter((line) => /npx|npm run/.test(line));
    for (const strict of [false, true]) {
      const usual = commands(readyText(host, { ...facts, strict }));
      const elsewhere = commands(readyText(host, { ...facts, strict, baseUrl: 'http://127.0.0.1:9001' }));
      expect(usual.filter((line) => line.includes('--base-url'))).toEqual([]);
      expect(elsewhere.filter((line) => !line.includes('--base-url http://127.0.0.1:9001'))).toEqual([]);
    }
  });

  it('offers a signed change where changes must be signed', () => {
    expect(readyText(host, { ...facts, strict: true })).toContain('--sign-as ldap');
    expect(readyText(host, facts)).not.toContain('--sign-as');
  });
});
