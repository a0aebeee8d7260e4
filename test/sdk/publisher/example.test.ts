import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { integrateChange } from '../../../core/change/integrate-change';
import type { Profile } from '../../../core/person/profile';
import { validatePartialProfile } from '../../../core/person/profile-schema';
import * as sdk from '../../../sdk/publisher';
import { startChangeServer } from '../../support/change-server';
import { writtenExamples } from '../../support/documented-examples';
import { makePublishers } from '../../support/publishers';

/** The example in the package's own documentation. */
function documentedExample(): string {
  const source = readFileSync(path.join(__dirname, '../../../sdk/publisher/index.ts'), 'utf8');
  const block = /```ts\n([\s\S]*?)```/.exec(source)?.[1] ?? '';
  return block.replace(/^ \* ?/gm, '');
}

/** The examples of the README and of docs/, with their addresses replaced. */
function examplesWith(replaced: Readonly<Record<string, string>>): string[] {
  return writtenExamples('changewire/publisher').map((block) =>
    Object.entries(replaced).reduce((code, [from, to]) => code.replaceAll(from, to), block),
  );
}

async function run(example: string, environment: Record<string, string>): Promise<string[]> {
  // No types in it, so that only its imports keep it from being a script.
  const code = example.replace(/^import (.*) from '(.*)';$/gm, "const $1 = require('$2');");
  const lines: string[] = [];
  const require = createRequire(__filename);
  const load = (name: string) => (name === 'changewire/publisher' ? sdk : require(name));
  const console = { log: (...words: unknown[]) => lines.push(words.join(' ')) };
  const body = `return (async () => { ${code} })()`;
  await new Function('require', 'process', 'console', body)(load, { env: environment }, console);
  return lines;
}

describe('the documented example', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'publisher-example-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('publishes a change that is integrated with all checks on, and reads the person', async () => {
    const { context } = makePublishers();
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const trusting = { ...context, publisherKeys: new Map([['ldap', [publicKey]]]) };
    writeFileSync(path.join(folder, 'ldap.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    let profile: Profile | undefined;
    const server = await startChangeServer(({ url, body }) => {
      if (url === '/change') {
        const validated = validatePartialProfile(JSON.parse(body));
        const outcome =
          validated.ok && integrateChange(undefined, validated.profile, trusting, new Date().toISOString());
        profile = outcome && 'profile' in outcome ? outcome.profile : undefined;
        return { status: 200, json: { status_code: 200, sequence_number: '7' } };
      }
      const state = profile ? 'integrated' : 'rejected';
      return { status: 200, json: url.startsWith('/change/status') ? { state } : profile };
    });
    const environment = { BASE_URL: server.baseUrl, TOKEN: 'token', KEY_FILE: path.join(folder, 'ldap.pem') };
    const lines = await run(documentedExample(), environment).finally(() => server.stop());
    expect(lines).toEqual(['integrated Ada']);
  });
});

describe('the examples of the README', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'publisher-readme-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('publish one person, then change many', async () => {
    const { context } = makePublishers();
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const trusting = { ...context, publisherKeys: new Map([['ldap', [publicKey]]]) };
    const keyFile = path.join(folder, 'ldap.pem');
    writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const people = new Map<string, Profile>();
    const ended = new Map<string, { state: string; condition?: string }>();

    const accept = (json: unknown) => {
      const validated = validatePartialProfile(json);
      const userId = validated.ok ? (validated.profile.user_id?.value ?? '') : '';
      const outcome =
        validated.ok &&
        integrateChange(people.get(userId), validated.profile, trusting, new Date().toISOString());
      if (outcome && 'profile' in outcome) {
        people.set(userId, outcome.profile);
      }
      const number = `${ended.size + 1}`;
      ended.set(number, outcome || { state: 'rejected' });
      return { status_code: 200, sequence_number: number };
    };
    const server = await startChangeServer(({ url, body }) => {
      const { pathname, searchParams } = new URL(url, 'http://x');
      const json = body && JSON.parse(body);
      const answer = {
        '/change': () => accept(json),
        '/changes': () => json.map(accept),
        '/change/status': () => {
          const { state, condition } = ended.get(searchParams.get('sequenceNumber') ?? '') ?? {};
          return { state, condition };
        },
        '/v2/users/id/all': () => ({
          users: [...people.keys()].map((id) => ({
            user_id: id,
            uuid: null,
            primary_email: null,
            active: true,
          })),
          nextPage: null,
        }),
      }[pathname];
      const id = decodeURIComponent(decodeURIComponent(pathname.split('/').at(-1) ?? ''));
      return { status: 200, json: answer ? answer() : people.get(id) };
    });
    const [one = '', many = ''] = examplesWith({
      'http://127.0.0.1:9000': server.baseUrl,
      '.changewire/keys/ldap.private.pem': keyFile,
      'sync.journal': path.join(folder, 'sync.journal'),
    });
    expect(await run(one, { TOKEN: 't' })).toEqual(['integrated create']);
    expect(await run(many, { TOKEN: 't' })).toEqual(['[object Object]', 'integrated']);
    expect(await run(many, { TOKEN: 't' })).toEqual(['']);
    await server.stop();
  });
});
